using NodeReaper.Kernel.Processes;

namespace NodeReaper.Benchmarks.Decision;

/// <summary>
/// A tree of plain files with what a kernel 6.12 wrote into them, in memory, for machines whose cgroup v2 has no memory
/// controller. The processes are real, and so are the signals; reading a real memory.stat costs the kernel more, and nothing
/// in these files falls when a process dies.
/// </summary>
internal sealed class RecordedTree : ContainerTree
{
    internal RecordedTree(string program)
        : base(program) => _ = Directory.CreateDirectory(BestEffort);

    internal override string Name => "recorded files on tmpfs";

    internal override string Root { get; } = $"/dev/shm/nodereaper-bench-{Environment.ProcessId}";

    // The proof cannot come.
    internal override TimeSpan Deadline => TimeSpan.FromMilliseconds(20);

    internal override ChildProcess Add(int number, int mib)
    {
        var process = Start("--small-pages", "--mib", $"{mib}");
        var container = ContainerOf(number);
        var bytes = (long)mib << 20;
        _ = Directory.CreateDirectory(container);
        Write(container, "cgroup.procs", $"{process.Id}\n");
        Write(container, "cgroup.events", "populated 1\nfrozen 0\n");
        Write(container, "cgroup.kill", "");
        Write(container, "memory.current", $"{bytes + 40960}\n");
        Write(container, "memory.swap.current", "0\n");
        Write(container, "memory.stat", MemoryStatOf(bytes));
        return process;
    }

    internal override void Remove(int number) => Directory.Delete(PodOf(number), recursive: true);

    public override void Dispose()
    {
        base.Dispose();
        Directory.Delete(Root, recursive: true);
    }

    private static void Write(string directory, string name, string content) => File.WriteAllText(Path.Combine(directory, name), content);

    private static string MemoryStatOf(long anonBytes) =>
        $"""
        anon {anonBytes}
        file 0
        kernel 40960
        kernel_stack 0
        pagetables 32768
        sec_pagetables 0
        percpu 0
        sock 0
        vmalloc 0
        shmem 0
        file_mapped 0
        file_dirty 0
        file_writeback 0
        swapcached 0
        anon_thp 0
        file_thp 0
        shmem_thp 0
        inactive_anon 0
        active_anon {anonBytes}
        inactive_file 0
        active_file 0
        unevictable 0
        slab_reclaimable 0
        slab_unreclaimable 416
        slab 416
        workingset_refault_anon 0
        workingset_refault_file 0
        workingset_activate_anon 0
        workingset_activate_file 0
        workingset_restore_anon 0
        workingset_restore_file 0
        workingset_nodereclaim 0
        pgdemote_kswapd 0
        pgdemote_direct 0
        pgdemote_khugepaged 0
        pgpromote_success 0
        pgscan 0
        pgsteal 0
        pgscan_kswapd 0
        pgscan_direct 0
        pgscan_khugepaged 0
        pgsteal_kswapd 0
        pgsteal_direct 0
        pgsteal_khugepaged 0
        pgfault {anonBytes / 4096}
        pgmajfault 0
        pgrefill 0
        pgactivate 0
        pgdeactivate 0
        pglazyfree 0
        pglazyfreed 0
        swpin_zero 0
        swpout_zero 0
        thp_fault_alloc 0
        thp_collapse_alloc 0
        thp_swpout 0
        thp_swpout_fallback 0
        numa_pages_migrated 0
        numa_pte_updates 0
        numa_hint_faults 0

        """;
}
