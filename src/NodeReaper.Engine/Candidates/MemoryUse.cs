using NodeReaper.Kernel.Cgroups;
using NodeReaper.Kernel.Scheduling;

namespace NodeReaper.Engine.Candidates;

/// <summary>What a container's memory consists of, in bytes (memory.current, memory.stat and memory.swap.current of its cgroup).</summary>
/// <param name="Current">All that is charged to it.</param>
/// <param name="Anon">Anonymous memory: what a kill gives back.</param>
/// <param name="Shmem">tmpfs and shared memory.</param>
/// <param name="File">Page cache, shmem not counted: reclaimable anyway.</param>
/// <param name="Kernel">Kernel memory, page tables among it.</param>
/// <param name="PageTables">Page tables: a kill gives them back.</param>
/// <param name="Swap">Swapped out: a kill gives it back.</param>
/// <param name="Unevictable">The part of the others that is mlocked, or in ramfs: it comes back late, at the exit itself.</param>
/// <param name="MappedShmem">
/// The most of the shared memory that processes can have mapped: it goes with the last of them, unless it is a file's. What nobody has
/// mapped is files.
/// </param>
/// <param name="KernelInUse">
/// The part of the kernel memory that is neither page tables nor cache, and the buffers of network sockets: threads, open files, what is in sockets and
/// pipes. It goes with the processes, but not at once.
/// </param>
/// <param name="Locked">The part of the anonymous and the shared memory that stays where it is: mlocked, or on a tmpfs without swap.</param>
/// <param name="LockedFile">
/// The part of the page cache that processes have mapped and mlocked: the kernel cannot take it while they live, and it becomes ordinary cache at their exit.
/// </param>
public readonly record struct MemoryUse(
    long Current, long Anon, long Shmem, long File, long Kernel, long PageTables, long Swap, long Unevictable, long MappedShmem = 0,
    long KernelInUse = 0, long Locked = 0, long LockedFile = 0)
{
    /// <summary>
    /// By how much a cgroup's files can be off, in bytes: the kernel charges and counts in batches of 64 pages a CPU of the node, however few of them
    /// the agent may use.
    /// </summary>
    public static readonly long BatchBytes = 64L * Environment.SystemPageSize * Cpus.Online;

    // Some of that is nothing unusual, and some is the cgroup's own.
    private const long UsualKernelBytes = 16L << 20;

    /// <summary>Kernel memory that is worth a kill, in bytes: beyond what any container has.</summary>
    public long UnusualKernel => Math.Max(0, KernelInUse - UsualKernelBytes);

    /// <summary>
    /// What a kill gives back, in bytes. Not page cache that the kernel can take by itself, and not files on tmpfs, which survive.
    /// </summary>
    public long Freeable => Anon + Swap + PageTables + MappedShmem + LockedFile;

    /// <summary>What the kernel cannot take back by itself, in bytes: with swap, it can move it at least.</summary>
    public long Unreclaimable => Anon + Swap + PageTables + Shmem + LockedFile + UnusualKernel;

    /// <summary>What is still there of all that a kill was to give back, in bytes.</summary>
    /// <param name="before">What was used before the kill.</param>
    public long LeftOf(in MemoryUse before) => Anon + Swap + PageTables + LockedFile + Math.Max(0, Shmem - (before.Shmem - before.MappedShmem));

    /// <summary>Where only a resident set is known: all of it is taken for anonymous.</summary>
    /// <param name="residentBytes">The resident set in bytes.</param>
    public static MemoryUse OfResident(long residentBytes) => new(residentBytes, residentBytes, 0, 0, 0, 0, 0, 0);

    /// <summary>Puts together what the cgroup's files say.</summary>
    /// <param name="current">memory.current in bytes.</param>
    /// <param name="stat">memory.stat.</param>
    /// <param name="swap">memory.swap.current in bytes; 0 when there is no swap.</param>
    public static MemoryUse Of(long current, in MemoryStat stat, long swap)
    {
        // memory.stat counts shmem within file.
        var file = Math.Max(0, stat.FileBytes - stat.ShmemBytes);

        // Mapped files are counted along: no more than a bound.
        var mappedShmem = Math.Min(stat.ShmemBytes, stat.FileMappedBytes);

        // Page cache that is mlocked, or in ramfs, is on none of its two lists.
        var unevictableFile = Math.Min(stat.UnevictableBytes, Math.Max(0, file - stat.ActiveFileBytes - stat.InactiveFileBytes));
        return new MemoryUse(
            current,
            stat.AnonBytes,
            stat.ShmemBytes,
            file,
            stat.KernelBytes,
            stat.PageTableBytes,
            swap,
            stat.UnevictableBytes,
            mappedShmem,
            Math.Max(0, stat.KernelBytes - stat.PageTableBytes - stat.ReclaimableSlabBytes) + stat.SocketBytes,
            stat.UnevictableBytes - unevictableFile,
            Math.Min(unevictableFile, stat.FileMappedBytes - mappedShmem));
    }

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
        Unevictable + other.Unevictable,
        MappedShmem + other.MappedShmem,
        KernelInUse + other.KernelInUse,
        Locked + other.Locked,
        LockedFile + other.LockedFile);
}
