namespace NodeReaper.Engine.Killing;

/// <summary>What a strategy does around the SIGKILL.</summary>
/// <param name="Holds">Seizes the victim first, so that it keeps its mm until it is let go.</param>
/// <param name="Releases">Calls process_mrelease after the signal.</param>
public readonly record struct StrategySteps(bool Holds, bool Releases)
{
    /// <summary>The steps of a strategy.</summary>
    /// <param name="strategy">Hold, Release or Signal.</param>
    /// <exception cref="ArgumentOutOfRangeException">Any other: Auto must be resolved first; Atomic needs a kernel that no one has released yet.</exception>
    public static StrategySteps Of(KillStrategy strategy) => strategy switch
    {
        KillStrategy.Hold => new(true, true),
        KillStrategy.Release => new(false, true),
        KillStrategy.Signal => new(false, false),
        _ => throw new ArgumentOutOfRangeException(nameof(strategy), strategy, "no steps for this strategy"),
    };
}
