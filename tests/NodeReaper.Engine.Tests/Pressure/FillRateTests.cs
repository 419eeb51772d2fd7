using System.Diagnostics;
using NodeReaper.Engine.Pressure;
using static NodeReaper.Engine.Tests.Candidates.Made;

namespace NodeReaper.Engine.Tests.Pressure;

public class FillRateTests
{
    private static readonly long s_millisecond = Stopwatch.Frequency / 1000;

    [Fact]
    public void The_first_sample_has_no_rate()
    {
        var rate = new FillRate();
        Assert.Equal(0, rate.Add(s_millisecond, Gib));
    }

    [Fact]
    public void A_steady_fill_is_told_as_it_is()
    {
        var rate = new FillRate();
        for (var i = 1; i < 100; i++)
        {
            var told = rate.Add(i * 10 * s_millisecond, Gib - (i * Mib));
            Assert.Equal(i == 1 ? 0 : 100 * Mib, told);
        }
    }

    [Fact]
    public void One_jump_between_close_samples_is_spread_over_100_ms()
    {
        var rate = new FillRate();
        for (var i = 1; i <= 20; i++)
        {
            rate.Add(i * 10 * s_millisecond, Gib);
        }

        Assert.Equal(100 * Mib, rate.Add(210 * s_millisecond, Gib - (10 * Mib)));
    }

    [Fact]
    public void Samples_further_apart_count_since_the_last_one()
    {
        var rate = new FillRate();
        rate.Add(1000 * s_millisecond, 3 * Gib);
        rate.Add(2000 * s_millisecond, 2 * Gib);
        Assert.Equal(Gib / 2, rate.Add(4000 * s_millisecond, Gib));
    }

    [Fact]
    public void Memory_that_comes_back_is_no_fill()
    {
        var rate = new FillRate();
        rate.Add(1000 * s_millisecond, Gib);
        Assert.Equal(0, rate.Add(2000 * s_millisecond, 2 * Gib));
        Assert.Equal(0, rate.Add(3000 * s_millisecond, 2 * Gib));
    }

    [Fact]
    public void Two_samples_at_the_same_tick_give_no_exception()
    {
        var rate = new FillRate();
        rate.Add(s_millisecond, Gib);
        Assert.Equal(0, rate.Add(s_millisecond, 0));
    }

    [Fact]
    public void Adding_allocates_nothing()
    {
        var rate = new FillRate();
        long now = 0;
        Assert.Equal(0, Allocations.Of(() => rate.Add(++now * s_millisecond, Gib)));
    }
}
