using NodeReaper.Kernel.Procfs;

namespace NodeReaper.Engine.Pressure;

/// <summary>What the signals of the node, or of a slice of it with a limit of its own, say at one moment.</summary>
/// <param name="Timestamp">When, in ticks of <see cref="System.Diagnostics.Stopwatch"/>.</param>
/// <param name="Memory">/proc/meminfo; of a slice, its limit and what is left of it.</param>
/// <param name="FillBytesPerSecond">How fast the available memory shrank over the last samples; 0 when it did not.</param>
/// <param name="IsStalling">True when the kernel's PSI alarm (some) went off within the last window, and tasks had to reclaim for this place's sake.</param>
/// <param name="StallingFor">How long alarms have followed each other; zero when <paramref name="IsStalling"/> is false.</param>
/// <param name="Reclaim">What the node's reclaim did lately: evidence, for the report.</param>
/// <param name="KernelOomKills">Processes that the kernel's OOM killer has killed since boot, in memory cgroups too.</param>
/// <param name="FullyStallingFor">The same as <paramref name="StallingFor"/>, of the alarm for all tasks at once (full).</param>
/// <param name="SwapRoomBytes">
/// What free swap is worth: without what the containers may not use, and without what zram would take back. Unlimited until known.
/// </param>
/// <param name="Stalling">Where tasks stall: evidence, for the report.</param>
public readonly record struct PressureReading(
    long Timestamp,
    MemInfo Memory,
    long FillBytesPerSecond,
    bool IsStalling,
    TimeSpan StallingFor,
    ReclaimRates Reclaim = default,
    long KernelOomKills = 0,
    TimeSpan FullyStallingFor = default,
    long SwapRoomBytes = long.MaxValue,
    StallPlaces Stalling = StallPlaces.None)
{
    /// <summary>How much swap can still take, in bytes.</summary>
    public long UsableSwapBytes => Math.Min(Math.Min(Memory.SwapFreeBytes, Memory.SwappableBytes), SwapRoomBytes);

    /// <summary>
    /// True when swap cannot take what is missing: there is none, hardly any of it is left that is of use, or it is not to be used.
    /// With swap to spare, little available memory alone is the normal state of a node.
    /// </summary>
    /// <param name="limits">The thresholds.</param>
    public bool IsSwapSpent(in PressureLimits limits) =>
        !limits.UsesSwap || (UsableSwapBytes < limits.KillBelowBytes && UsableSwapBytes <= Memory.SwapTotalBytes / 2);
}
