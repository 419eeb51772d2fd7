using NodeReaper.Kernel.Procfs;

namespace NodeReaper.Engine.Pressure;

/// <summary>What the node's signals say at one moment.</summary>
/// <param name="Timestamp">When, in ticks of <see cref="System.Diagnostics.Stopwatch"/>.</param>
/// <param name="Memory">/proc/meminfo.</param>
/// <param name="FillBytesPerSecond">How fast MemAvailable shrank over the last samples; 0 when it did not.</param>
/// <param name="IsStalling">True when the kernel's PSI alarm went off within the last window, and tasks had to reclaim for the node's sake.</param>
/// <param name="StallingFor">How long alarms have followed each other; zero when <paramref name="IsStalling"/> is false.</param>
/// <param name="Reclaim">What reclaim did lately: evidence, for the report.</param>
/// <param name="KernelOomKills">Processes that the kernel's OOM killer has killed since boot, in memory cgroups too.</param>
public readonly record struct PressureReading(
    long Timestamp,
    MemInfo Memory,
    long FillBytesPerSecond,
    bool IsStalling,
    TimeSpan StallingFor,
    ReclaimRates Reclaim = default,
    long KernelOomKills = 0);
