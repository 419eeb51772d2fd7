using NodeReaper.Engine.Reporting;

namespace NodeReaper.Engine.Tests.Reporting;

public class ReportRingTests
{
    [Fact]
    public void Reports_come_out_as_they_went_in()
    {
        using var ring = new ReportRing(4);
        var sink = new Recorder();
        for (var i = 0; i < 10; i++)
        {
            Assert.True(Fill(ring, i));
            ring.Drain(sink.Write);
            Assert.Equal((i, i), sink.Written[^1]);
        }

        Assert.Equal(10, sink.Written.Count);
        Assert.Equal(0, ring.Dropped);
    }

    [Fact]
    public void When_it_is_full_the_newest_is_dropped_and_counted()
    {
        using var ring = new ReportRing(3);
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(i < 3, Fill(ring, i));
        }

        Assert.Equal(2, ring.Dropped);
        var sink = new Recorder();
        ring.Drain(sink.Write);
        Assert.Equal([0L, 1, 2], sink.Written.Select(written => written.Mark));

        // There is room again.
        Assert.True(Fill(ring, 7));
        ring.Drain(sink.Write);
        Assert.Equal((3, 7), sink.Written[^1]);
        Assert.Equal(2, ring.Dropped);
    }

    [Fact]
    public void A_report_that_was_rented_and_not_published_is_not_written()
    {
        using var ring = new ReportRing(2);
        Assert.NotNull(ring.Rent());
        var sink = new Recorder();
        ring.Drain(sink.Write);
        Assert.Empty(sink.Written);
        Assert.True(Fill(ring, 1));
        ring.Drain(sink.Write);
        Assert.Single(sink.Written);
    }

    [Fact]
    public void One_thread_can_fill_while_another_drains()
    {
        const int count = 200_000;
        using var ring = new ReportRing(8);
        var sink = new Recorder();
        var filler = SideThread.Start(() =>
        {
            for (var i = 0; i < count; i++)
            {
                _ = Fill(ring, i);
            }
        });
        while (filler.IsRunning)
        {
            ring.Wait(1);
            ring.Drain(sink.Write);
        }

        ring.Drain(sink.Write);
        Assert.Equal(count, sink.Written.Count + ring.Dropped);

        // The sequence has no gaps, and what was filled in came through whole and in order.
        Assert.Equal(Enumerable.Range(0, sink.Written.Count).Select(i => (long)i), sink.Written.Select(written => written.Sequence));
        Assert.Equal(sink.Written.Select(written => written.Mark).Order().Distinct(), sink.Written.Select(written => written.Mark));
    }

    [Fact]
    public void A_waiting_thread_is_woken()
    {
        using var ring = new ReportRing(4);
        var clock = System.Diagnostics.Stopwatch.StartNew();
        var filler = SideThread.Start(() =>
        {
            Thread.Sleep(20);
            _ = Fill(ring, 1);
        });
        ring.Wait(60_000);
        Assert.True(clock.ElapsedMilliseconds < 30_000);
        filler.Join();
    }

    [Fact]
    public void Filling_allocates_nothing_even_when_it_is_full()
    {
        using var ring = new ReportRing(2);
        Assert.Equal(0, Allocations.Of(() => Fill(ring, 1)));
    }

    private static bool Fill(ReportRing ring, long mark)
    {
        if (ring.Rent() is not { } report)
        {
            return false;
        }

        report.AvailableAfterBytes = mark;
        ring.Publish();
        return true;
    }

    private sealed class Recorder
    {
        internal List<(long Sequence, long Mark)> Written { get; } = [];

        internal void Write(ReapReport report) => Written.Add((report.Sequence, report.AvailableAfterBytes));
    }
}
