using NodeReaper.Kernel.Procfs;

namespace NodeReaper.Engine.Pressure;

/// <summary>What the kernel's reclaim did lately, per second (/proc/vmstat): the evidence for whose fault a stall is.</summary>
/// <param name="AllocationStalls">Tasks that had to reclaim for the node's sake. A pod at its own limit does not raise this.</param>
/// <param name="KswapdScans">Pages that background reclaim looked at; for the node's sake only, too.</param>
/// <param name="DirectScans">Pages that tasks looked at themselves; on newer kernels also for a pod at its own limit.</param>
/// <param name="Refaults">Pages that were read back soon after they had been dropped: thrashing, of the node or of a pod.</param>
public readonly record struct ReclaimRates(long AllocationStalls, long KswapdScans, long DirectScans, long Refaults)
{
    /// <summary>The rates between two samples; all 0 when there is no time between them.</summary>
    /// <param name="earlier">The earlier sample.</param>
    /// <param name="later">The later one.</param>
    /// <param name="elapsed">The time between them.</param>
    public static ReclaimRates Between(in VmStat earlier, in VmStat later, TimeSpan elapsed) => elapsed <= TimeSpan.Zero
        ? default
        : new(
            Rate(later.AllocationStalls - earlier.AllocationStalls, elapsed),
            Rate(later.ScannedByKswapd - earlier.ScannedByKswapd, elapsed),
            Rate(later.ScannedDirectly - earlier.ScannedDirectly, elapsed),
            Rate(later.RefaultsAnon + later.RefaultsFile - earlier.RefaultsAnon - earlier.RefaultsFile, elapsed));

    private static long Rate(long difference, TimeSpan elapsed) => (long)(Math.Max(0, difference) / elapsed.TotalSeconds);
}
