namespace NodeReaper.AllocationGate;

/// <summary>The files of a memory controller, for directories that only look like a cgroup.</summary>
internal static class FakeMemory
{
    /// <summary>Those of a cgroup that uses anonymous memory and nothing else.</summary>
    internal static (string Name, string Content)[] Files(long anonBytes) =>
    [
        ("memory.current", $"{anonBytes}\n"),
        ("memory.swap.current", "0\n"),
        (
            "memory.stat",
            $"anon {anonBytes}\nfile 0\nkernel 0\nkernel_stack 0\npagetables 0\npercpu 0\nshmem 0\ninactive_anon 0\n"
            + $"active_anon {anonBytes}\ninactive_file 0\nactive_file 0\nunevictable 0\nanon_thp 0\n"),
    ];
}
