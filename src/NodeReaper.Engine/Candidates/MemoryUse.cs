using NodeReaper.Kernel.Cgroups;

namespace NodeReaper.Engine.Candidates;

/// <summary>What a container's memory consists of, in bytes (memory.current, memory.stat and memory.swap.current of its cgroup).</summary>
/// <param name="Current">All that is charged to it.</param>
/// <param name="Anon">Anonymous memory: what a kill gives back.</param>
/// <param name="Shmem">tmpfs and shared memory: files there survive the process.</param>
/// <param name="File">Page cache, shmem not counted: reclaimable anyway.</param>
/// <param name="Kernel">Kernel memory, page tables among it.</param>
/// <param name="PageTables">Page tables: a kill gives them back.</param>
/// <param name="Swap">Swapped out: a kill gives it back.</param>
/// <param name="Unevictable">The part of the others that is mlocked, or in ramfs: it comes back late, at the exit itself.</param>
public readonly record struct MemoryUse(
    long Current, long Anon, long Shmem, long File, long Kernel, long PageTables, long Swap, long Unevictable)
{
    /// <summary>
    /// What a kill gives back, in bytes. Not page cache, which the kernel can take by itself, and not shmem, whose
    /// files survive.
    /// </summary>
    public long Freeable => Anon + Swap + PageTables;

    /// <summary>Where only a resident set is known: all of it is taken for anonymous.</summary>
    /// <param name="residentBytes">The resident set in bytes.</param>
    public static MemoryUse OfResident(long residentBytes) => new(residentBytes, residentBytes, 0, 0, 0, 0, 0, 0);

    /// <summary>Puts together what the cgroup's files say.</summary>
    /// <param name="current">memory.current in bytes.</param>
    /// <param name="stat">memory.stat.</param>
    /// <param name="swap">memory.swap.current in bytes; 0 when there is no swap.</param>
    public static MemoryUse Of(long current, in MemoryStat stat, long swap) => new(
        current,
        stat.AnonBytes,
        stat.ShmemBytes,
        // memory.stat counts shmem within file.
        Math.Max(0, stat.FileBytes - stat.ShmemBytes),
        stat.KernelBytes,
        stat.PageTableBytes,
        swap,
        stat.UnevictableBytes);

    /// <summary>What two cgroups use together.</summary>
    /// <param name="other">The other.</param>
    public MemoryUse Plus(in MemoryUse other) => new(
        Current + other.Current,
        Anon + other.Anon,
        Shmem + other.Shmem,
        File + other.File,
        Kernel + other.Kernel,
        PageTables + other.PageTables,
        Swap + other.Swap,
        Unevictable + other.Unevictable);
}
