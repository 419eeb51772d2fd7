using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Pressure;
using NodeReaper.Kernel.Procfs;
using static NodeReaper.Engine.Tests.Candidates.Made;

namespace NodeReaper.Engine.Tests.Pressure;

public class PressureLimitsTests
{
    public static TheoryData<long, long> Defaults => new()
    {
        // MemTotal; kill below.
        { 512 * Mib, 96 * Mib },
        { Gib, 96 * Mib },
        { 1920 * Mib, 96 * Mib },
        { 4 * Gib, 4 * Gib / 20 },
        { 16 * Gib, 16 * Gib / 20 },
        { 20 * Gib, Gib },
        { 64 * Gib, Gib },
        { 1024 * Gib, Gib },
    };

    [Theory]
    [MemberData(nameof(Defaults))]
    public void The_defaults_fit_nodes_of_every_size(long total, long killBelow)
    {
        var limits = PressureLimits.Of(new PressurePolicy(), total);
        Assert.Equal(killBelow, limits.KillBelowBytes);
        Assert.Equal(killBelow * 2, limits.RecoverToBytes);
        Assert.Equal(TimeSpan.FromMilliseconds(250), limits.TimeLeft);
    }

    public static TheoryData<string, MemoryAmount?, MemoryAmount?, long, long> Set => new()
    {
        { "bytes", MemoryAmount.OfBytes(300 * Mib), MemoryAmount.OfBytes(500 * Mib), 300 * Mib, 500 * Mib },
        { "percent", MemoryAmount.OfPercent(10), MemoryAmount.OfPercent(25), Gib / 10, Gib / 4 },
        { "no recovery mark", MemoryAmount.OfBytes(300 * Mib), null, 300 * Mib, 600 * Mib },
        { "a recovery mark below the threshold", MemoryAmount.OfBytes(300 * Mib), MemoryAmount.OfBytes(Mib), 300 * Mib, 300 * Mib },
        { "more than the node has", MemoryAmount.OfBytes(9 * Gib), MemoryAmount.OfBytes(20 * Gib), Gib, Gib },
        { "a recovery mark above what the node has", MemoryAmount.OfBytes(900 * Mib), null, 900 * Mib, Gib },
        { "only a recovery mark", null, MemoryAmount.OfBytes(200 * Mib), 96 * Mib, 200 * Mib },
    };

    [Theory]
    [MemberData(nameof(Set))]
    public void What_the_policy_sets_counts_within_what_the_node_has(
        string what, MemoryAmount? killBelow, MemoryAmount? recoverTo, long expectedKillBelow, long expectedRecoverTo)
    {
        var limits = PressureLimits.Of(new PressurePolicy { KillBelow = killBelow, RecoverTo = recoverTo }, Gib);
        Assert.True((expectedKillBelow, expectedRecoverTo) == (limits.KillBelowBytes, limits.RecoverToBytes), $"{what}: {limits}");
    }

    public static TheoryData<string, long, MemoryAmount?, MemoryAmount?, long, long> OfSlices => new()
    {
        // What; the limit; what the policy says; kill below, recover to.
        { "the defaults", 600 * Mib, null, null, 96 * Mib, 192 * Mib },
        { "the defaults, little", 150 * Mib, null, null, 30 * Mib, 60 * Mib },
        { "bytes that fit", 3 * Gib, MemoryAmount.OfBytes(500 * Mib), MemoryAmount.OfBytes(Gib), 500 * Mib, Gib },
        { "bytes for a large node", 3 * Gib, MemoryAmount.OfBytes(4 * Gib), MemoryAmount.OfBytes(12 * Gib), 3 * Gib / 5, 2 * (3 * Gib / 5) },
        { "bytes, and percent to recover to", Gib, MemoryAmount.OfBytes(2 * Gib), MemoryAmount.OfPercent(30), Gib / 5, (long)(Gib * 0.3) },
        { "percent below the threshold", Gib, MemoryAmount.OfBytes(2 * Gib), MemoryAmount.OfPercent(10), Gib / 5, Gib / 5 },
        { "percent", 150 * Mib, MemoryAmount.OfPercent(30), MemoryAmount.OfPercent(50), 45 * Mib, 75 * Mib },
    };

    [Theory]
    [MemberData(nameof(OfSlices))]
    public void An_amount_for_the_node_is_not_all_of_a_small_slice(
        string what, long limit, MemoryAmount? killBelow, MemoryAmount? recoverTo, long expectedKillBelow, long expectedRecoverTo)
    {
        var limits = PressureLimits.OfSlice(new PressurePolicy { KillBelow = killBelow, RecoverTo = recoverTo }, limit);
        Assert.True((expectedKillBelow, expectedRecoverTo) == (limits.KillBelowBytes, limits.RecoverToBytes), $"{what}: {limits}");
    }

    [Fact]
    public void The_mark_of_a_stage_is_above_that_of_the_kill_in_a_slice_too()
    {
        var slice = new MemInfo(4 * Gib, 0, 0, 0, 0);
        Assert.Equal(2 * (4 * Gib / 5), PressureLimits.MarkOf(MemoryAmount.OfBytes(3 * Gib), slice, isSlice: true));
        Assert.Equal(Gib, PressureLimits.MarkOf(MemoryAmount.OfBytes(Gib), slice, isSlice: true));
        Assert.Equal(2 * Gib, PressureLimits.MarkOf(MemoryAmount.OfPercent(50), slice, isSlice: true));
        Assert.Equal(3 * Gib, PressureLimits.MarkOf(MemoryAmount.OfBytes(3 * Gib), slice, isSlice: false));
        Assert.Equal(4 * Gib, PressureLimits.MarkOf(MemoryAmount.OfBytes(9 * Gib), slice, isSlice: false));
    }

    [Fact]
    public void Huge_pages_that_were_set_aside_are_no_part_of_what_a_percentage_is_of()
    {
        var limits = PressureLimits.Of(new PressurePolicy(), new MemInfo(32 * Gib, 0, 0, 0, 0, HugetlbBytes: 28 * Gib), isSlice: false);
        Assert.Equal(4 * Gib / 20, limits.KillBelowBytes);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(32 << 20)]
    public void A_node_smaller_than_any_threshold_gives_no_exception(long total)
    {
        var limits = PressureLimits.Of(new PressurePolicy(), total);
        Assert.InRange(limits.KillBelowBytes, 0, total);
        Assert.InRange(limits.RecoverToBytes, limits.KillBelowBytes, total);
    }
}
