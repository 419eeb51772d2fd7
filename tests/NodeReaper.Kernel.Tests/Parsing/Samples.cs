namespace NodeReaper.Kernel.Tests.Parsing;

/// <summary>Texts as Linux 6.12 writes them, with the keys that are not read left out here and there.</summary>
internal static class Samples
{
    internal const string MemInfo = """
        MemTotal:       24684092 kB
        MemFree:        24161900 kB
        MemAvailable:   24242208 kB
        Buffers:            1636 kB
        Active(anon):       1548 kB
        Inactive(anon):   123456 kB
        SwapTotal:       2097148 kB
        SwapFree:        2000000 kB
        VmallocTotal:   34359738367 kB
        HugePages_Total:       0
        Hugetlb:            2048 kB
        DirectMap4k:       30720 kB

        """;

    internal const string VmStat = """
        nr_free_pages 6040474
        workingset_refault_anon 17
        workingset_refault_file 320662
        allocstall_dma 0
        allocstall_dma32 1
        allocstall_normal 20
        allocstall_movable 300
        allocstall_device 0
        pgscan_kswapd 4000
        pgscan_direct 500
        pgscan_khugepaged 6
        pgscan_direct_throttle 7
        oom_kill 2
        compact_stall 9

        """;

    internal const string MemoryStat = """
        anon 16908288
        file 8192000
        kernel 655360
        kernel_stack 32768
        pagetables 118784
        sec_pagetables 0
        percpu 1488
        sock 8192
        vmalloc 0
        shmem 4096
        file_mapped 2703360
        anon_thp 8388608
        inactive_anon 16912384
        active_anon 20480
        inactive_file 5000000
        active_file 3000000
        unevictable 12288
        slab_reclaimable 200000
        slab_unreclaimable 100000
        slab 300000
        workingset_refault_anon 3
        workingset_refault_file 400
        pgfault 12345

        """;

    internal const string MemoryEvents = """
        low 0
        high 12
        max 34
        oom 5
        oom_kill 6
        oom_group_kill 1

        """;

    internal const string CgroupEvents = """
        populated 1
        frozen 0

        """;

    internal const string PressureStall = """
        some avg10=2.79 avg60=1.36 avg300=0.99 total=20884441
        full avg10=0.05 avg60=100.00 avg300=0.00 total=77

        """;
}
