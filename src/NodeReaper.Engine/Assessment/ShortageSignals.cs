namespace NodeReaper.Engine.Assessment;

/// <summary>Every signal there is, asked in this order. To add one: a file beside this one, a line here, a row in the table test, a line in docs/policy.md.</summary>
public static class ShortageSignals
{
    /// <summary>All signals.</summary>
    public static IReadOnlyList<ShortageSignal> All { get; } = [new AvailableSignal(), new TimeLeftSignal(), new StallSignal(), new ThrashSignal()];
}
