using NodeReaper.Kernel.Block;
using NodeReaper.Kernel.Cgroups;
using NodeReaper.Kernel.Pressure;
using NodeReaper.Kernel.Procfs;

namespace NodeReaper.Kernel.Tests.Parsing;

/// <summary>Every parser of the kernel project: a new one gets a line here, and with it all tests that hold for each.</summary>
internal static class Parsers
{
    internal static readonly Parser MemInfo = Of<MemInfo>(nameof(MemInfo), Samples.MemInfo, Kernel.Procfs.MemInfo.Parse);
    internal static readonly Parser VmStat = Of<VmStat>(nameof(VmStat), Samples.VmStat, Kernel.Procfs.VmStat.Parse);
    internal static readonly Parser MemoryStat = Of<MemoryStat>(nameof(MemoryStat), Samples.MemoryStat, Kernel.Cgroups.MemoryStat.Parse);

    internal static readonly Parser MemoryEvents =
        Of<MemoryEvents>(nameof(MemoryEvents), Samples.MemoryEvents, Kernel.Cgroups.MemoryEvents.Parse);

    internal static readonly Parser CgroupEvents =
        Of<CgroupEvents>(nameof(CgroupEvents), Samples.CgroupEvents, Kernel.Cgroups.CgroupEvents.Parse);

    internal static readonly Parser PressureStall =
        Of<PressureStall>(nameof(PressureStall), Samples.PressureStall, Kernel.Pressure.PressureStall.Parse);

    internal static readonly Parser CgroupValue = Of<long>(nameof(CgroupValue), "16777216\n", Kernel.Cgroups.CgroupValue.Parse);
    internal static readonly Parser ProcessStatm = Of<long>(nameof(ProcessStatm), "765 411 382 5 0 123 0\n", Kernel.Procfs.ProcessStatm.Parse);
    internal static readonly Parser AnonymousStatm = Of<long>(nameof(AnonymousStatm), "765 411 382 5 0 123 0\n", Kernel.Procfs.ProcessStatm.ParseAnonymous);
    internal static readonly Parser OomScore = Of<int>(nameof(OomScore), "-998\n", Kernel.Procfs.OomScore.Parse);

    internal static readonly Parser ZramUse =
        Of<ZramUse>(nameof(ZramUse), "  4096     74    12288        0    12288        0        0        0        0\n", Kernel.Block.ZramUse.Parse);

    internal static readonly Parser[] All =
        [MemInfo, VmStat, MemoryStat, MemoryEvents, CgroupEvents, PressureStall, CgroupValue, ProcessStatm, AnonymousStatm, OomScore, ZramUse];

    public static TheoryData<string> Names => [.. All.Select(parser => parser.Name)];

    internal static Parser Named(string name) => All.Single(parser => parser.Name == name);

    private delegate Text.ParseOutcome ParseText<T>(ReadOnlySpan<byte> text, out T value);

    private static Parser Of<T>(string name, string sample, ParseText<T> parse)
        where T : struct
    {
        Text.ParseOutcome Boxed(ReadOnlySpan<byte> text, out object value)
        {
            var outcome = parse(text, out var unboxed);
            value = unboxed;
            return outcome;
        }

        return new Parser(name, sample, default(T), Boxed, text => parse(text, out _));
    }
}
