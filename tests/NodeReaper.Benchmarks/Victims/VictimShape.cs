namespace NodeReaper.Benchmarks.Victims;

/// <summary>A victim to kill again and again.</summary>
/// <param name="Key">Its name on the command line.</param>
/// <param name="Name">Its name in the table.</param>
/// <param name="Arguments">What the victim program is told.</param>
internal sealed record VictimShape(string Key, string Name, string Arguments)
{
    /// <summary>A spinning process for each CPU keeps the node busy meanwhile.</summary>
    internal bool IsNodeBusy { get; init; }

    /// <summary>Its nice value.</summary>
    internal int Nice { get; init; }

    /// <summary>The share of one CPU that its cgroup may use, in percent; 0 for no limit.</summary>
    internal int CpuPercent { get; init; }

    /// <summary>Files of its /proc/PID that others read all the time, at SCHED_IDLE.</summary>
    internal IReadOnlyList<string> ReadFiles { get; init; } = [];

    /// <summary>It writes to a file system that is frozen, and so sleeps uninterruptibly (D).</summary>
    internal bool IsFrozen { get; init; }

    /// <summary>So much of it is swapped out, in MiB.</summary>
    internal int SwappedOutMib { get; init; }

    /// <summary>Victims that take long to start or to die are killed less often.</summary>
    internal int RoundsDivisor { get; init; } = 1;

    /// <summary>How long after the decision its memory counts as not freed.</summary>
    internal TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(10);
}
