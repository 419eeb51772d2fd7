using NodeReaper.Kernel.Text;

namespace NodeReaper.Kernel.Cgroups;

/// <summary>
/// What a cgroup's memory is made of (memory.stat; Documentation/admin-guide/cgroup-v2.rst). All in bytes, the
/// cgroups below it included.
/// </summary>
/// <param name="AnonBytes">anon: what a kill gives back, unless it is shared.</param>
/// <param name="FileBytes">file: page cache, tmpfs and shared memory included.</param>
/// <param name="ShmemBytes">shmem: tmpfs and shared memory, a part of file; survives the process when it is a file.</param>
/// <param name="KernelBytes">kernel (Linux 5.18); before that, the sum of the parts that are listed.</param>
/// <param name="PageTableBytes">pagetables: goes with the address spaces.</param>
/// <param name="UnevictableBytes">unevictable: mlocked, ramfs and such. Mlocked anonymous memory is part of anon, and a kill gives it back.</param>
/// <param name="ActiveFileBytes">active_file: page cache in use.</param>
/// <param name="InactiveFileBytes">inactive_file: page cache that is reclaimed first.</param>
/// <param name="AnonThpBytes">anon_thp: the part of anon in transparent huge pages; 0 when absent.</param>
/// <param name="FileMappedBytes">file_mapped: the part of file, shared memory included, that a process has mapped; 0 when absent.</param>
/// <param name="ReclaimableSlabBytes">slab_reclaimable: dentries and inodes, which are cache as much as pages of files are; 0 when absent.</param>
/// <param name="Refaults">workingset_refault_anon and workingset_refault_file (before Linux 5.9, workingset_refault): pages read back soon after they were dropped; 0 when absent.</param>
/// <param name="SocketBytes">sock: buffers of network sockets, which are no part of kernel; 0 when absent.</param>
public readonly record struct MemoryStat(
    long AnonBytes,
    long FileBytes,
    long ShmemBytes,
    long KernelBytes,
    long PageTableBytes,
    long UnevictableBytes,
    long ActiveFileBytes,
    long InactiveFileBytes,
    long AnonThpBytes,
    long FileMappedBytes,
    long ReclaimableSlabBytes = 0,
    long Refaults = 0,
    long SocketBytes = 0)
{
    /// <summary>Reads the text of the file. A key that comes twice counts the first time. Allocates nothing.</summary>
    /// <param name="text">The whole content.</param>
    /// <param name="value">The reading; all 0 unless the outcome is <see cref="ParseOutcome.Ok"/>.</param>
    public static ParseOutcome Parse(ReadOnlySpan<byte> text, out MemoryStat value)
    {
        value = default;
        long anon = KeyedLines.Absent, file = anon, shmem = anon, kernel = anon, pageTables = anon, unevictable = anon;
        long activeFile = anon, inactiveFile = anon, anonThp = anon, fileMapped = anon;
        long stacks = anon, secondaryPageTables = anon, perCpu = anon, vmalloc = anon, slab = anon, reclaimableSlab = anon;
        long refaults = anon, refaultsAnon = anon, refaultsFile = anon, sockets = anon;
        var lines = new KeyedLines(text, (byte)' ');
        while (lines.MoveNext())
        {
            _ = lines.Take("anon"u8, ref anon)
                || lines.Take("file"u8, ref file)
                || lines.Take("shmem"u8, ref shmem)
                || lines.Take("kernel"u8, ref kernel)
                || lines.Take("pagetables"u8, ref pageTables)
                || lines.Take("unevictable"u8, ref unevictable)
                || lines.Take("active_file"u8, ref activeFile)
                || lines.Take("inactive_file"u8, ref inactiveFile)
                || lines.Take("anon_thp"u8, ref anonThp)
                || lines.Take("file_mapped"u8, ref fileMapped)
                || lines.Take("kernel_stack"u8, ref stacks)
                || lines.Take("sec_pagetables"u8, ref secondaryPageTables)
                || lines.Take("percpu"u8, ref perCpu)
                || lines.Take("vmalloc"u8, ref vmalloc)
                || lines.Take("slab"u8, ref slab)
                || lines.Take("slab_reclaimable"u8, ref reclaimableSlab)
                || lines.Take("workingset_refault_anon"u8, ref refaultsAnon)
                || lines.Take("workingset_refault_file"u8, ref refaultsFile)
                || lines.Take("workingset_refault"u8, ref refaults)
                || lines.Take("sock"u8, ref sockets);
        }

        if (lines.Outcome != ParseOutcome.Ok)
        {
            return lines.Outcome;
        }

        if ((anon | file | shmem | pageTables | unevictable | activeFile | inactiveFile) < 0)
        {
            return ParseOutcome.MissingKey;
        }

        if (kernel < 0)
        {
            kernel = pageTables;
            if (!(TryAdd(stacks, ref kernel) && TryAdd(secondaryPageTables, ref kernel) && TryAdd(perCpu, ref kernel)
                && TryAdd(vmalloc, ref kernel) && TryAdd(slab, ref kernel)))
            {
                return ParseOutcome.OutOfRange;
            }
        }

        value = new MemoryStat(
            anon, file, shmem, kernel, pageTables, unevictable, activeFile, inactiveFile, Math.Max(anonThp, 0), Math.Max(fileMapped, 0),
            Math.Max(reclaimableSlab, 0), Math.Max(refaults, 0) + Math.Max(refaultsAnon, 0) + Math.Max(refaultsFile, 0),
            Math.Max(sockets, 0));
        return ParseOutcome.Ok;
    }

    private static bool TryAdd(long part, ref long sum)
    {
        if (part > long.MaxValue - sum)
        {
            return false;
        }

        sum += Math.Max(part, 0);
        return true;
    }
}
