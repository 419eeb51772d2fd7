namespace NodeReaper.Engine.Killing;

/// <summary>What a strategy does around the SIGKILL.</summary>
/// <param name="Holds">Seizes the victim first, so that it keeps its mm until it is let go.</param>
/// <param name="KillsByRelease">The release itself kills.</param>
/// <param name="Expedites">The signal asks the kernel to free the memory before it returns.</param>
/// <param name="Releases">Calls process_mrelease.</param>
public readonly record struct StrategySteps(bool Holds, bool KillsByRelease, bool Expedites, bool Releases)
{
    /// <summary>The steps of a strategy. A new one is a member of <see cref="KillStrategy"/> and a line here.</summary>
    /// <param name="strategy">Any but Auto.</param>
    /// <exception cref="ArgumentOutOfRangeException">Auto, which must be resolved first.</exception>
    public static StrategySteps Of(KillStrategy strategy) => strategy switch
    {
        KillStrategy.Atomic => new(false, true, false, true),
        KillStrategy.Expedite => new(false, false, true, false),
        KillStrategy.Hold => new(true, false, false, true),
        KillStrategy.Release => new(false, false, false, true),
        KillStrategy.Signal => new(false, false, false, false),
        _ => throw new ArgumentOutOfRangeException(nameof(strategy), strategy, "no steps for this strategy"),
    };
}
