using NodeReaper.Kernel.Cgroups;
using NodeReaper.Kernel.Procfs;

namespace NodeReaper.Kernel.Tests.Parsing;

/// <summary>A file of one key and one number a line.</summary>
/// <param name="Parser">Its parser.</param>
/// <param name="Required">The keys without which nothing is read.</param>
/// <param name="Optional">Keys that are read when they are there.</param>
/// <param name="MaxNumber">The largest number that still leaves room to add up and to multiply.</param>
/// <param name="Expected">The value that these numbers make; an absent key has 0.</param>
internal sealed record KeyedFormat(
    Parser Parser,
    string[] Required,
    string[] Optional,
    long MaxNumber,
    Func<Func<string, long>, object> Expected)
{
    internal static readonly KeyedFormat[] All =
    [
        new(
            Parsers.MemInfo,
            ["MemTotal", "MemFree", "MemAvailable", "SwapTotal", "SwapFree"],
            [],
            long.MaxValue / 1024,
            of => new MemInfo(
                of("MemTotal") * 1024,
                of("MemFree") * 1024,
                of("MemAvailable") * 1024,
                of("SwapTotal") * 1024,
                of("SwapFree") * 1024)),
        new(
            Parsers.VmStat,
            ["oom_kill", "pgscan_kswapd", "pgscan_direct", "allocstall_normal"],
            ["workingset_refault_anon", "workingset_refault_file", "allocstall_dma", "allocstall_dma32", "allocstall_movable"],
            long.MaxValue / 8,
            of => new VmStat(
                of("oom_kill"),
                of("pgscan_kswapd"),
                of("pgscan_direct"),
                of("allocstall_normal") + of("allocstall_dma") + of("allocstall_dma32") + of("allocstall_movable"),
                of("workingset_refault_anon"),
                of("workingset_refault_file"))),
        new(
            Parsers.MemoryStat,
            ["anon", "file", "shmem", "kernel", "pagetables", "unevictable", "active_file", "inactive_file"],
            [
                "anon_thp", "file_mapped", "kernel_stack", "slab", "percpu", "vmalloc", "sec_pagetables", "slab_reclaimable", "workingset_refault_anon",
                "workingset_refault_file", "workingset_refault", "sock",
            ],
            long.MaxValue / 8,
            of => new MemoryStat(
                of("anon"),
                of("file"),
                of("shmem"),
                of("kernel"),
                of("pagetables"),
                of("unevictable"),
                of("active_file"),
                of("inactive_file"),
                of("anon_thp"),
                of("file_mapped"),
                of("slab_reclaimable"),
                of("workingset_refault_anon") + of("workingset_refault_file") + of("workingset_refault"),
                of("sock"))),
        new(
            Parsers.MemoryEvents,
            ["low", "high", "max", "oom", "oom_kill"],
            ["oom_group_kill"],
            long.MaxValue,
            of => new MemoryEvents(of("low"), of("high"), of("max"), of("oom"), of("oom_kill"), of("oom_group_kill"))),
        new(
            Parsers.CgroupEvents,
            ["populated", "frozen"],
            [],
            1,
            of => new CgroupEvents(of("populated") == 1, of("frozen") == 1)),
    ];

    internal IEnumerable<string> Keys => Required.Concat(Optional);

    internal static KeyedFormat Of(string name) => All.Single(format => format.Parser.Name == name);

    internal string Line(string key, object number) =>
        Parser == Parsers.MemInfo ? $"{key + ":",-16}{number,8} kB\n" : $"{key} {number}\n";

    /// <summary>A text with the same number for every required key, but for one that has its line replaced.</summary>
    internal string TextWith(string key, string line) =>
        string.Concat(Keys.Where(known => known == key || Required.Contains(known)).Select(known => known == key ? line : Line(known, 1)));
}
