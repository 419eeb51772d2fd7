using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Pressure;
using static NodeReaper.Engine.Tests.Candidates.Made;

namespace NodeReaper.Engine.Tests.Candidates;

public sealed class RecentGrowthTests
{
    private readonly RecentGrowth _growth = new();
    private readonly CandidateSnapshot _snapshot = new(8);
    private readonly List<ContainerCgroup> _cgroups = [];
    private static readonly long s_due = 30 * System.Diagnostics.Stopwatch.Frequency;
    private long _now = 1;
    private PressureLimits _limits = new(96 * Mib, 192 * Mib, default, default, default);

    // What was there at the first look, and what is there now, in MiB; of which so much is requested.
    private void Look(int availableBefore, params (int Before, int Now, int Request)[] containers)
    {
        Fill(containers.Select(each => (each.Before, each.Request)));
        _growth.Remember(_snapshot, availableBefore * Mib, _now);
        Fill(containers.Select(each => (each.Now, each.Request)));
    }

    private void Fill(IEnumerable<(int Mib, int Request)> containers)
    {
        _snapshot.Clear();
        var i = 0;
        foreach (var (mib, request) in containers)
        {
            var made = Candidate(mib * Mib, uid: $"pod{i}", requestBytes: request * Mib);
            if (_cgroups.Count == i)
            {
                _cgroups.Add(made.Cgroup);
            }

            ref var added = ref _snapshot.Add();
            added = made;
            added.Cgroup = _cgroups[i++];
        }
    }

    private int[] Causes(int available)
    {
        _growth.MarkCauses(_snapshot, available * Mib, _limits, null);
        return [.. Enumerable.Range(0, _snapshot.Count).Where(i => _snapshot.All[i].IsCause)];
    }

    [Fact]
    public void Who_took_it_is_the_cause_and_who_has_it_is_not()
    {
        Look(500, (300, 300, 0), (20, 420, 64));
        Assert.Equal([1], Causes(100));
    }

    [Fact]
    public void Several_can_be_to_blame_each_for_a_quarter_at_least()
    {
        Look(600, (0, 100, 0), (0, 220, 0), (0, 180, 0), (0, 60, 0));
        Assert.Equal([1, 2], Causes(40));
    }

    [Fact]
    public void Growth_within_the_request_is_everybody_s_right()
    {
        Look(500, (100, 500, 600), (100, 100, 0), (100, 500, 480));
        Assert.Equal([], Causes(100));
    }

    [Fact]
    public void What_was_taken_outside_of_the_containers_is_not_theirs()
    {
        Look(800, (100, 130, 0), (100, 100, 0));
        Assert.Equal([], Causes(100));
        Assert.Equal([0], Causes(770));
    }

    [Fact]
    public void A_few_MiB_are_nothing()
    {
        Look(100, (100, 107, 0));
        Assert.Equal([], Causes(93));
    }

    [Fact]
    public void On_a_large_node_a_few_more_are_nothing_either()
    {
        _limits = new PressureLimits(1024 * Mib, 2048 * Mib, default, default, default);
        Look(1000, (1600, 1663, 0), (1600, 1700, 0));
        Assert.Equal([1], Causes(900));
    }

    [Fact]
    public void What_came_after_the_first_look_began_with_nothing()
    {
        Look(500, (100, 100, 0));
        Fill([(100, 0), (300, 0)]);
        Assert.Equal([1], Causes(200));
    }

    [Fact]
    public void What_has_just_started_is_no_cause_once_it_has_what_it_needs()
    {
        Look(900, (100, 100, 0));
        Fill([(100, 0), (700, 0)]);
        Assert.Equal([1], Causes(200));
        _cgroups[1].IsFirstLook = false;
        Assert.Equal([], Causes(200));
        _snapshot.ToFill[1].GrowthBytesPerSecond = 2 * Mib;
        Assert.Equal([1], Causes(200));
    }

    [Fact]
    public void Nor_when_a_mark_fell_into_its_start()
    {
        Look(900, (100, 100, 0));
        Fill([(100, 0), (30, 0)]);
        var now = _cgroups[1];
        _growth.Remember(_snapshot, 800 * Mib, _now += s_due);
        Fill([(100, 0), (500, 0)]);
        now.IsFirstLook = false;
        _growth.Remember(_snapshot, 400 * Mib, _now += s_due);
        Assert.Equal([], Causes(300));

        // Growth after the minute that it had for its start is growth.
        _growth.Remember(_snapshot, 300 * Mib, _now += s_due);
        Fill([(100, 0), (600, 0)]);
        Assert.Equal([1], Causes(200));
    }

    [Fact]
    public void What_could_not_be_read_at_the_mark_has_not_grown_by_all_that_it_has()
    {
        Look(900, (600, 600, 0));
        Fill([(600, 0), (100, 0)]);
        _snapshot.ToFill[0].IsUnreadable = true;
        _growth.Remember(_snapshot, 300 * Mib, _now += s_due);
        _growth.Remember(_snapshot, 300 * Mib, _now += s_due);
        Fill([(600, 0), (200, 0)]);
        Assert.Equal([1], Causes(200));
    }

    [Fact]
    public void Before_the_first_look_nobody_is()
    {
        Fill([(300, 0)]);
        Assert.Equal([], Causes(10));
        _growth.Remember(_snapshot, 500 * Mib, _now);
        Assert.Equal([], Causes(200));
    }

    [Fact]
    public void What_cannot_be_read_counts_for_nothing()
    {
        Look(500, (20, 420, 0), (0, 90, 0));
        _snapshot.ToFill[0].IsUnreadable = true;
        Assert.Equal([], Causes(10));
    }

    [Fact]
    public void Looking_allocates_nothing()
    {
        Look(500, (20, 420, 0));
        Assert.Equal(0, Allocations.Of(() =>
        {
            _growth.Remember(_snapshot, 100, _now);
            _growth.MarkCauses(_snapshot, 100, _limits, null);
        }));
    }
}
