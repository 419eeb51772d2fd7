using NodeReaper.Agent.Kubernetes.Events;
using NodeReaper.Engine.Killing;

namespace NodeReaper.Agent.Tests.Kubernetes.Events;

public sealed class DegradationWatchTests : IDisposable
{
    private static readonly AgentState s_well = new(
        TimeSpan.FromHours(1), TimeSpan.FromSeconds(30), true, true, KillStrategy.Hold, KillStrategy.Auto, 0, null);

    private readonly ShiftedTime _time = new();
    private readonly EventQueue _queue;
    private readonly DegradationWatch _watch;
    private AgentState? _state = s_well;

    public DegradationWatchTests()
    {
        _queue = new EventQueue(new EventFormat("node-1"), new EventSpool(null), _time, () => { });
        _watch = new DegradationWatch(_queue, "node-1", () => _state, _time);
    }

    public void Dispose() => _watch.Dispose();

    public static TheoryData<string, string> Causes => new()
    {
        { "stale", "ReadPods: the Pods are those of 10 min ago" },
        { "unknown", "ReadPods: the Pods are known by their cgroup paths alone" },
        { "psi", "WatchStalls: no PSI alarm" },
        { "signal", "HoldVictims: victims are not held" },
        { "readings", "ReadSignals: 3 reading(s)" },
        { "health", "Watch: nobody is protected: the pressure thread" },
    };

    [Theory]
    [MemberData(nameof(Causes))]
    public void Each_cause_is_told_for_what_it_is(string cause, string expected)
    {
        var only = Assert.Single(Degradation.All(cause switch
        {
            "stale" => s_well with { PodsAge = TimeSpan.FromMinutes(10) },
            "unknown" => s_well with { PodsAge = null },
            "psi" => s_well with { HasStallAlarm = false },
            "signal" => s_well with { Strategy = KillStrategy.Signal },
            "readings" => s_well with { FailedReadings = 3 },
            _ => s_well with { HealthProblem = "the pressure thread has not gone round for 20 s" },
        }));
        Assert.StartsWith(expected, $"{only.Action}: {only.Note}", StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_policy_wants_and_what_nobody_promised_is_no_trouble()
    {
        Assert.Empty(Degradation.All(s_well));
        Assert.Empty(Degradation.All(s_well with { Strategy = KillStrategy.Signal, WantedStrategy = KillStrategy.Signal }));
        Assert.Empty(Degradation.All(s_well with { HasPodSource = false, PodsAge = null }));
        Assert.Empty(Degradation.All(s_well with { PodsAge = null, Uptime = TimeSpan.FromMinutes(9) }));
        Assert.Empty(Degradation.All(s_well with { PodsAge = TimeSpan.FromMinutes(9) }));
    }

    [Fact]
    public async Task A_cause_is_told_once_as_long_as_it_lasts_and_each_by_itself()
    {
        _state = s_well with { HasStallAlarm = false };
        _watch.Look();
        _state = _state with { Strategy = KillStrategy.Release };
        for (var i = 0; i < 10_000; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(10));
            _watch.Look();
        }

        Assert.Equal(2, _queue.Waiting);
        var first = await _queue.NextAsync(TestContext.Current.CancellationToken);
        var told = _queue.Now(first).Event;
        Assert.Equal(("ReaperDegraded", "WatchStalls", "Warning", "default"), (told.Reason, told.Action, told.Type, told.Metadata.Namespace));
        Assert.Equal(ObjectReference.OfNode("node-1"), told.Regarding);
        Assert.Null(told.Series);
    }

    [Fact]
    public void What_comes_and_goes_is_told_once_an_hour()
    {
        for (var i = 0; i < 359; i++)
        {
            _state = i % 2 == 0 ? s_well with { FailedReadings = 1 } : s_well;
            _watch.Look();
            _time.Advance(TimeSpan.FromSeconds(10));
        }

        Assert.Equal(1, _queue.Waiting);
        _time.Advance(TimeSpan.FromMinutes(1));
        _state = s_well;
        _watch.Look();
        _state = s_well with { FailedReadings = 1 };
        _watch.Look();
        Assert.Equal(2, _queue.Waiting);
    }

    [Fact]
    public void Before_it_watches_nothing_is_told()
    {
        _state = null;
        _watch.Look();
        Assert.Equal(0, _queue.Waiting);
    }
}
