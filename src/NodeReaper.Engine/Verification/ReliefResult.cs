using NodeReaper.Engine.Candidates;

namespace NodeReaper.Engine.Verification;

/// <summary>What the proof rests on.</summary>
public enum ReliefProof
{
    /// <summary>memory.stat of the victim's cgroup.</summary>
    Cgroup,

    /// <summary>The cgroup is gone, and all that was charged to it with it.</summary>
    CgroupGone,

    /// <summary>The process: gone, or its resident set.</summary>
    Process,

    /// <summary>The process, in a container whose other processes live on: what the cgroup lost by it.</summary>
    ProcessInCgroup,
}

/// <summary>What came back, and when.</summary>
/// <param name="Proof">What this rests on.</param>
/// <param name="Before">What the victim used when its kill was decided.</param>
/// <param name="Left">What is left of it.</param>
/// <param name="FreedAt">When the memory was proven back, in ticks of <see cref="System.Diagnostics.Stopwatch"/>; 0: not by the deadline.</param>
/// <param name="DeadAt">When the last process was seen dead; 0: not by the deadline.</param>
/// <param name="HugetlbLeft">What is left in hugetlb pages, in bytes; looked at only when not all came back in time.</param>
public readonly record struct ReliefResult(
    ReliefProof Proof, MemoryUse Before, MemoryUse Left, long FreedAt, long DeadAt, long HugetlbLeft = 0)
{
    /// <summary>True when the memory was proven back by the deadline.</summary>
    public bool IsFreed => FreedAt > 0;

    /// <summary>True when every process was dead by the deadline.</summary>
    public bool IsDead => DeadAt > 0;

    /// <summary>What came back, in bytes: what was charged before, less what still is and cannot be taken; never below 0.</summary>
    public long FreedBytes => Math.Max(0, Before.Current + Before.Swap - Left.Current - Left.Swap + UnlockedFileBytes);

    // Page cache that was mlocked stays charged, and can be taken now.
    private long UnlockedFileBytes => Math.Clamp(
        Left.File - (Before.File - Before.LockedFile), 0, Math.Max(0, Before.LockedFile - Left.LockedFile));
}
