using CsCheck;
using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Pressure;
using static NodeReaper.Engine.Tests.Candidates.Made;

namespace NodeReaper.Engine.Tests.Pressure;

public class SamplingIntervalTests
{
    private static readonly PressureLimits s_limits = new(100 * Mib, 200 * Mib, TimeSpan.Zero, TimeSpan.Zero);

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
        Assert.Equal(milliseconds, SamplingInterval.Milliseconds(new PressurePolicy(), s_limits, available));

    [Fact]
    public void The_interval_stays_within_its_bounds_and_before_the_fastest_hog() => Gen.Select(Gen.Long[0, 64 * Gib], Gen.Long[1, 64 * Gib]).Sample(
        (available, fastest) =>
        {
            var policy = new PressurePolicy { FastestFillBytesPerSecond = fastest };
            var milliseconds = SamplingInterval.Milliseconds(policy, s_limits, available);
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
        Assert.Equal(1, SamplingInterval.Milliseconds(policy, s_limits, 0));
    }
}
