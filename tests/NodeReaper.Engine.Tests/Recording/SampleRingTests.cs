using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Pressure;
using NodeReaper.Engine.Recording;
using NodeReaper.Kernel.Procfs;

namespace NodeReaper.Engine.Tests.Recording;

public sealed class SampleRingTests
{
    private static readonly ReapPolicy s_policy = new();

    [Fact]
    public void The_newest_are_kept_and_the_oldest_written_over()
    {
        var ring = new SampleRing(4);
        for (var i = 0; i < 10; i++)
        {
            ring.Add(Sample(i));
        }

        Assert.Equal((10, 7), (ring.Count, ring.Oldest));
        Assert.False(ring.TryRead(6, out _));
        Assert.True(ring.TryRead(7, out var oldest));
        Assert.Equal(Sample(7), oldest);
        Assert.False(ring.TryRead(10, out _));
    }

    [Fact]
    public void A_reader_never_gets_a_sample_that_is_half_of_another()
    {
        const int count = 2_000_000;
        var ring = new SampleRing(8);
        var writer = SideThread.Start(() =>
        {
            for (var i = 0; i < count; i++)
            {
                ring.Add(Sample(i));
            }
        });
        var read = 0;
        while (ring.Count < count)
        {
            var number = ring.Oldest;
            if (ring.TryRead(number, out var sample))
            {
                read++;
                Assert.Equal(Sample(number), sample);
            }
        }

        writer.Join();
        Assert.True(read > 0);
    }

    private static PressureSample Sample(long number) => new(
        null, new PressureReading(number, new MemInfo(number, number, number, number, number), number, false, TimeSpan.Zero, KernelOomKills: number), default, s_policy);
}
