namespace NodeReaper.Engine.Policy;

/// <summary>
/// What is tried before anybody is killed. Each stage begins when less than its threshold is available, on the node or in a slice with a
/// limit of its own, and is undone when the pressure is gone. Null: not at all. 1 MiB to 1 PiB, or a share of the node's memory (of the slice's limit).
/// </summary>
public sealed record StagePolicy
{
    /// <summary>Tell once who would die first.</summary>
    public MemoryAmount? Observe { get; init; }

    /// <summary>Swap out what the first of the ranking do not use (memory.reclaim), where there is swap for it.</summary>
    public MemoryAmount? Reclaim { get; init; }

    /// <summary>Slow down who grows (memory.high).</summary>
    public MemoryAmount? Throttle { get; init; }

    /// <summary>Whoever grows more slowly is not slowed down. In bytes a second, above 0.</summary>
    public long ThrottleGrowthBytesPerSecond { get; init; } = 1L << 20;

    /// <summary>Ask the first of the ranking to end (SIGTERM); they are killed when they have not after their grace period.</summary>
    public MemoryAmount? Terminate { get; init; }

    /// <summary>The grace period of Pods that do not ask for one, and have none in their spec. 1 s to 10 min.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The longest grace period, whoever asks for it. 0 to 10 min; 0: Pods are not heard, and what <see cref="Grace"/> says holds for all.</summary>
    public TimeSpan MaxGrace { get; init; } = TimeSpan.FromSeconds(30);
}

/// <summary>What becomes of a container that stands still at its own limit (memory.max or memory.high): the kernel reclaims, and it gets nowhere.</summary>
public sealed record OwnLimitPolicy
{
    /// <summary>Kill it, so that it starts anew. Otherwise it is only told.</summary>
    public bool Kill { get; init; }

    /// <summary>The share of time that all its tasks must wait for memory (PSI full). 1 to 100, in percent.</summary>
    public int StalledPercent { get; init; } = 60;

    /// <summary>For how long. 10 s to 1 h.</summary>
    public TimeSpan Time { get; init; } = TimeSpan.FromMinutes(1);
}
