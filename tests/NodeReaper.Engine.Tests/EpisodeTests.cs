using System.Diagnostics;
using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Pressure;
using NodeReaper.Engine.Reporting;
using NodeReaper.Kernel.Procfs;
using static NodeReaper.Engine.Tests.Candidates.Made;

namespace NodeReaper.Engine.Tests;

/// <summary>When the shortage of a place counts as over. The node is of 1 GiB: short below 96 MiB, recovered at 192 MiB.</summary>
public sealed class EpisodeTests
{
    private readonly Episode _episode = new();
    private readonly long _start = Stopwatch.GetTimestamp();

    [Theory]
    [InlineData(1, 192, false)]
    [InlineData(1, 191, true)]
    [InlineData(59, 100, true)]

    // A full node that is well may never have what it is to recover to.
    [InlineData(61, 100, false)]
    [InlineData(61, 95, true)]
    public void It_ends_with_the_recovery_or_after_a_minute_without_a_shortage(int seconds, int availableMib, bool lasts)
    {
        Note(0, 90);
        _episode.HasToldOfNoVictim = _episode.HasToldOfCap = _episode.HasToldOfDryRun = true;
        Note(seconds, availableMib);
        Assert.Equal(lasts, _episode.Lasts);
        Assert.Equal((lasts, lasts, lasts), (_episode.HasToldOfNoVictim, _episode.HasToldOfCap, _episode.HasToldOfDryRun));
    }

    [Fact]
    public void Each_new_shortage_makes_it_last_another_minute()
    {
        Note(0, 90);
        Note(50, 90);
        Note(100, 100);
        Assert.True(_episode.Lasts);
        Note(111, 100);
        Assert.False(_episode.Lasts);
    }

    [Fact]
    public void It_waits_for_a_quarter_of_a_second_or_until_it_gets_worse()
    {
        var shortage = At(0, 90);
        _episode.WaitForAChange(shortage);
        Assert.True(_episode.IsWaiting(At(0.2, 90)));
        Assert.False(_episode.IsWaiting(At(0.3, 90)));
        Assert.False(_episode.IsWaiting(At(0.1, 40)));
    }

    private void Note(double seconds, int availableMib) => _episode.Note(At(seconds, availableMib));

    private Occasion At(double seconds, int availableMib) => Occasion.Of(
        new PressureReading(
            _start + (long)(seconds * Stopwatch.Frequency), new MemInfo(1024 * Mib, 0, availableMib * Mib, 0, 0), 0, false, TimeSpan.Zero),
        new PressurePolicy(),
        null);
}
