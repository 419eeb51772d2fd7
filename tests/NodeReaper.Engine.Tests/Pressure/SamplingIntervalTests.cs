using CsCheck;
using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Pressure;
using NodeReaper.Kernel.Procfs;
using static NodeReaper.Engine.Tests.Candidates.Made;

namespace NodeReaper.Engine.Tests.Pressure;

public class SamplingIntervalTests
{
    private static readonly PressureLimits s_limits = new(100 * Mib, 200 * Mib, default, default, default);

    public static TheoryData<long, int> Intervals => new()
    {
        { 0, 10 },
        { 100 * Mib, 10 },
        { 101 * Mib, 10 },
        { (100 * Mib) + Gib, 125 },
        { (100 * Mib) + (4 * Gib), 500 },
        { (100 * Mib) + (8 * Gib), 1000 },
        { 1024 * Gib, 1000 },
        { long.MaxValue, 1000 },
    };

    [Theory]
    [MemberData(nameof(Intervals))]
    public void The_more_is_available_the_longer_the_agent_looks_away(long available, int milliseconds) =>
        Assert.Equal(milliseconds, SamplingInterval.Milliseconds(new PressurePolicy(), s_limits, Reading(available)));

    [Fact]
    public void The_interval_stays_within_its_bounds_and_before_the_fastest_hog() => Gen.Select(Gen.Long[0, 64 * Gib], Gen.Long[1, 64 * Gib]).Sample(
        (available, fastest) =>
        {
            var policy = new PressurePolicy { FastestFillBytesPerSecond = fastest };
            var milliseconds = SamplingInterval.Milliseconds(policy, s_limits, Reading(available));
            Assert.InRange(milliseconds, 10, 1000);
            if (milliseconds > 10)
            {
                Assert.True(fastest / 1000.0 * milliseconds <= available - s_limits.KillBelowBytes + 1);
            }
        });

    [Fact]
    public void It_is_never_0()
    {
        var policy = new PressurePolicy { FastestSample = TimeSpan.FromMicroseconds(1), SlowestSample = TimeSpan.FromMicroseconds(1) };
        Assert.Equal(1, SamplingInterval.Milliseconds(policy, s_limits, Reading(0)));
    }

    public static TheoryData<long, long, bool, int> WithSwap => new()
    {
        // Little is available all the time, and as long as swap is left, nobody comes to harm.
        { 50 * Mib, 1024 * Mib, true, 112 },
        { (100 * Mib) + Gib, 1024 * Mib, true, 125 + 112 },
        { 50 * Mib, 1024 * Mib, false, 10 },

        // Hardly any is left.
        { 50 * Mib, 99 * Mib, true, 10 },
        { 50 * Mib, 101 * Mib, true, 10 },
    };

    [Theory]
    [MemberData(nameof(WithSwap))]
    public void Swap_that_must_be_used_up_first_is_time_to_look_away(long available, long swapFree, bool usesSwap, int milliseconds) =>
        Assert.Equal(
            milliseconds,
            SamplingInterval.Milliseconds(new PressurePolicy(), s_limits with { UsesSwap = usesSwap }, Reading(available, 1024 * Mib, swapFree)));

    private static PressureReading Reading(long available, long swapTotal = 0, long swapFree = 0) =>
        new(0, new MemInfo(64 * Gib, 0, available, swapTotal, swapFree), 0, false, TimeSpan.Zero);
}
