using NodeReaper.Engine.Assessment;
using NodeReaper.Engine.Pressure;
using NodeReaper.Kernel.Procfs;
using static NodeReaper.Engine.Tests.Candidates.Made;

namespace NodeReaper.Engine.Tests.Assessment;

public class ShortageSignalTests
{
    private static readonly PressureLimits s_limits = new(
        100 * Mib,
        200 * Mib,
        TimeSpan.FromMilliseconds(250),
        StallWithoutSwap: TimeSpan.FromSeconds(2),
        StallWithSwap: TimeSpan.FromSeconds(10),
        TimeSpan.FromSeconds(3));

    /// <summary>A row for each signal: readings that are a shortage, and readings that are none.</summary>
    private static readonly Dictionary<string, (PressureReading[] Short, PressureReading[] Enough)> s_rows = new()
    {
        ["available"] = (
            [
                Reading(99 * Mib),
                Reading(0),
                Reading(99 * Mib, swapTotal: 1000 * Mib, swapFree: 99 * Mib),
                Reading(99 * Mib, swapTotal: 1000 * Mib, swapFree: 0),

                // Swap that no container may use, or that is memory itself.
                Reading(99 * Mib, swapTotal: 1000 * Mib, swapFree: 1000 * Mib) with { SwapRoomBytes = 0 },
                WithLittleToSwapOut(Reading(99 * Mib, swapTotal: 1000 * Mib, swapFree: 1000 * Mib)),
            ],
            [
                Reading(100 * Mib),
                Reading(99 * Mib, swapTotal: 1000 * Mib, swapFree: 100 * Mib),

                // Much of a small swap is left.
                Reading(99 * Mib, swapTotal: 80 * Mib, swapFree: 41 * Mib),
                Reading(100 * Mib, fill: 100 * Gib, stalling: true),
            ]),
        ["timeLeft"] = (
            [
                Reading(199 * Mib, fill: 800 * Mib),
                Reading(10 * Mib, fill: 41 * Mib),
                Reading(199 * Mib, fill: 800 * Mib, swapTotal: 1000 * Mib, swapFree: 50 * Mib),
            ],
            [
                Reading(199 * Mib),
                Reading(10 * Mib, fill: 40 * Mib),
                Reading(199 * Mib, fill: 700 * Mib),

                // However fast it fills, above the recovery mark there is time.
                Reading(200 * Mib, fill: 100 * Gib),
                Reading(199 * Mib, fill: 100 * Gib, swapTotal: Gib, swapFree: Gib),
            ]),
        ["stall"] = (
            [
                Reading(199 * Mib, stalling: true, stallingFor: 2),

                // Swapping counts here, when it does not end: tasks wait for it.
                Reading(199 * Mib, stalling: true, swapTotal: Gib, swapFree: Gib, stallingFor: 10),
                Reading(199 * Mib, stalling: true, swapTotal: Gib, swapFree: 99 * Mib, stallingFor: 2),
            ],
            [
                Reading(200 * Mib, stalling: true, stallingFor: 60),
                Reading(199 * Mib),
                Reading(0),

                // Somebody took much at once.
                Reading(0, stalling: true, stallingFor: 1),

                // Something large is on its way to swap.
                Reading(0, stalling: true, swapTotal: Gib, swapFree: Gib, stallingFor: 9),
                Reading(0, stalling: true, swapTotal: Gib, swapFree: 101 * Mib, stallingFor: 9),
            ]),
        ["thrash"] = (
            [
                Thrashing(399 * Mib, 3),
                Thrashing(0, 60),
            ],
            [
                Thrashing(400 * Mib, 60),
                Thrashing(0, 2),

                // Everybody waits, but not for what was dropped.
                Thrashing(0, 60) with { Reclaim = default },
                Reading(0, stalling: true, swapTotal: Gib, swapFree: Gib, stallingFor: 9),
            ]),
    };

    public static TheoryData<string> Names => [.. ShortageSignals.All.Select(signal => signal.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Each_signal_tells_a_shortage_from_enough(string name)
    {
        Assert.True(s_rows.ContainsKey(name), $"the signal {name} has no row in this test");
        var signal = ShortageSignals.All.Single(one => one.Name == name);
        Assert.All(s_rows[name].Short, reading => Assert.True(signal.IsShort(reading, s_limits)));
        Assert.All(s_rows[name].Enough, reading => Assert.False(signal.IsShort(reading, s_limits)));
    }

    [Fact]
    public void Every_row_is_of_a_signal_that_exists() =>
        Assert.Equal(ShortageSignals.All.Select(signal => signal.Name).Order(), s_rows.Keys.Order());

    [Fact]
    public void A_time_left_of_0_turns_that_signal_off() =>
        Assert.False(new TimeLeftSignal().IsShort(Reading(10 * Mib, fill: 100 * Gib), s_limits with { TimeLeft = TimeSpan.Zero }));

    [Fact]
    public void With_a_stall_of_0_the_first_alarm_is_enough()
    {
        var atOnce = s_limits with { StallWithoutSwap = TimeSpan.Zero };
        Assert.True(new StallSignal().IsShort(Reading(199 * Mib, stalling: true), atOnce));
        Assert.False(new StallSignal().IsShort(Reading(199 * Mib), atOnce));
    }

    [Fact]
    public void A_thrash_of_0_turns_that_signal_off() =>
        Assert.False(new ThrashSignal().IsShort(Thrashing(0, 60), s_limits with { Thrash = TimeSpan.Zero }));

    [Theory]
    [MemberData(nameof(Names))]
    public void With_swap_that_is_not_to_be_used_each_signal_says_what_it_says_without_swap(string name)
    {
        var signal = ShortageSignals.All.Single(one => one.Name == name);
        var unused = s_limits with { UsesSwap = false };
        Assert.All(
            s_rows[name].Short.Concat(s_rows[name].Enough),
            reading => Assert.Equal(
                signal.IsShort(reading with { Memory = reading.Memory with { SwapTotalBytes = 0, SwapFreeBytes = 0 } }, s_limits),
                signal.IsShort(reading, unused)));
    }

    public static TheoryData<PressureReading, string?, long, bool> Verdicts => new()
    {
        // The reading; the signal that says so, what is missing, whether it is an emergency.
        { Reading(1000 * Mib), null, 0, false },
        { Reading(200 * Mib, fill: 100 * Gib, stalling: true), null, 0, false },
        { Reading(99 * Mib), "available", 101 * Mib, false },
        { Reading(50 * Mib), "available", 150 * Mib, false },
        { Reading((50 * Mib) - 1), "available", (150 * Mib) + 1, true },
        { Reading(0), "available", 200 * Mib, true },
        
        // No less than what is used up in a quarter of a second.
        { Reading(199 * Mib, fill: 800 * Mib), "timeLeft", 200 * Mib, false },
        { Reading(110 * Mib, fill: 441 * Mib), "timeLeft", (441 * Mib) / 4, false },

        // Nothing is left in an eighth of a second.
        { Reading(199 * Mib, fill: 1600 * Mib), "timeLeft", 400 * Mib, true },
        { Reading(199 * Mib, fill: 100 * Gib), "timeLeft", 400 * Mib, true },
        { Reading(60 * Mib, fill: 480 * Mib), "available", 140 * Mib, false },
        { Reading(60 * Mib, fill: 481 * Mib), "available", 140 * Mib, true },
        { Reading(199 * Mib, stalling: true, stallingFor: 1), null, 0, false },
        { Reading(199 * Mib, stalling: true, stallingFor: 2), "stall", Mib, false },
        { Thrashing(399 * Mib, 3), "thrash", 1, false },

        // The first signal that says so decides.
        { Reading(99 * Mib, fill: 100 * Gib, stalling: true), "available", 101 * Mib, true },

        // With swap to spare, low MemAvailable is the normal state of a node, and some stall is, too; much of it is not.
        { Reading(99 * Mib, swapTotal: Gib, swapFree: Gib), null, 0, false },
        { Reading(10 * Mib, swapTotal: Gib, swapFree: Gib), null, 0, false },
        { Reading(10 * Mib, stalling: true, swapTotal: Gib, swapFree: Gib), null, 0, false },
        { Reading(99 * Mib, stalling: true, swapTotal: Gib, swapFree: Gib, stallingFor: 10), "stall", 101 * Mib, false },
        { Reading(10 * Mib, fill: Gib, stalling: true, swapTotal: Gib, swapFree: Gib, stallingFor: 10), "stall", 190 * Mib, false },
        { Reading(99 * Mib, swapTotal: Gib, swapFree: 10 * Mib), "available", 101 * Mib, false },
    };

    [Theory]
    [MemberData(nameof(Verdicts))]
    public void The_assessor_tells_the_signal_the_deficit_and_the_emergency(
        PressureReading reading, string? signal, long deficit, bool isEmergency)
    {
        var verdict = Assessor.Assess(reading, s_limits);
        Assert.Equal(signal, verdict.Signal);
        Assert.Equal(signal is not null, verdict.IsShort);
        Assert.Equal(deficit, verdict.DeficitBytes);
        Assert.Equal(isEmergency, verdict.IsEmergency);
    }

    [Fact]
    public void A_shortage_always_misses_at_least_one_byte()
    {
        var limits = s_limits with { RecoverToBytes = s_limits.KillBelowBytes };
        Assert.True(Assessor.Assess(Reading((100 * Mib) - 1), limits).DeficitBytes > 0);
    }

    [Fact]
    public void Assessing_allocates_nothing()
    {
        var reading = Reading(199 * Mib, stalling: true, stallingFor: 2);
        Assert.Equal(0, Allocations.Of(() => Assessor.Assess(reading, s_limits)));
    }

    private static PressureReading WithLittleToSwapOut(PressureReading reading) =>
        reading with { Memory = reading.Memory with { SwappableBytes = 50 * Mib } };

    private static PressureReading Thrashing(long available, int seconds) =>
        Reading(available, stalling: true, swapTotal: Gib, swapFree: Gib, stallingFor: 9) with
        {
            FullyStallingFor = TimeSpan.FromSeconds(seconds),
            Reclaim = new ReclaimRates(0, 0, 0, 1),
        };

    private static PressureReading Reading(
        long available, long fill = 0, bool stalling = false, long swapTotal = 0, long swapFree = 0, int stallingFor = 0) =>
        new(1, new MemInfo(8 * Gib, available / 2, available, swapTotal, swapFree), fill, stalling, TimeSpan.FromSeconds(stallingFor));
}
