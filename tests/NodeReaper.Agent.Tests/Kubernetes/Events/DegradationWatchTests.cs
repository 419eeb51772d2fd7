using NodeReaper.Agent.Kubernetes.Events;
using NodeReaper.Agent.Metrics;
using NodeReaper.Engine.Killing;

namespace NodeReaper.Agent.Tests.Kubernetes.Events;

public sealed class DegradationWatchTests : IDisposable
{
    private static readonly AgentState s_well = new(
        TimeSpan.FromHours(1), TimeSpan.FromSeconds(30), true, true, KillStrategy.Hold, KillStrategy.Auto, 0, false, null);

    private readonly ShiftedTime _time = new();
    private readonly EventQueue _queue;
    private readonly AgentMetrics _metrics = new();
    private readonly RecordingLogger<DegradationWatch> _logger = new();
    private readonly DegradationWatch _watch;
    private AgentState? _state = s_well;

    public DegradationWatchTests()
    {
        _queue = new EventQueue(new EventFormat("node-1"), new EventSpool(null), _time, () => { });
        _watch = new DegradationWatch(_metrics, _queue, "node-1", () => _state, _time, _logger);
    }

    public void Dispose() => _watch.Dispose();

    public static TheoryData<string, string> Causes => new()
    {
        { "stale", "ReadPods: the Pods are those of 10 min ago" },
        { "unknown", "ReadPods: the Pods are known by their cgroup paths alone" },
        { "psi", "WatchStalls: no PSI alarm" },
        { "signal", "HoldVictims: victims are not held" },
        { "readings", "ReadSignals: 3 reading(s)" },
        { "lastReading", "ReadSignals: the last reading of the memory signals failed" },
        { "health", "Watch: nobody is protected: the pressure thread" },
    };

    [Theory]
    [MemberData(nameof(Causes))]
    public void Each_cause_is_told_for_what_it_is(string cause, string expected)
    {
        var only = Assert.Single(Degradation.All(cause switch
        {
            "stale" => s_well with { FailedReadings = 2, PodsAge = TimeSpan.FromMinutes(10) },
            "unknown" => s_well with { FailedReadings = 2, PodsAge = null },
            "psi" => s_well with { FailedReadings = 2, HasStallAlarm = false },
            "signal" => s_well with { FailedReadings = 2, Strategy = KillStrategy.Signal },
            "readings" => s_well with { FailedReadings = 5 },
            "lastReading" => s_well with { FailedReadings = 2, IsReadingFailing = true },
            _ => s_well with { FailedReadings = 2, HealthProblem = "the pressure thread has not gone round for 20 s" },
        }, failuresBefore: 2));
        Assert.StartsWith(expected, $"{only.Action}: {only.Note}", StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_policy_wants_and_what_nobody_promised_is_no_trouble()
    {
        Assert.Empty(Degradation.All(s_well, 0));
        Assert.Empty(Degradation.All(s_well with { Strategy = KillStrategy.Signal, WantedStrategy = KillStrategy.Signal }, 0));
        Assert.Empty(Degradation.All(s_well with { HasPodSource = false, PodsAge = null }, 0));
        Assert.Empty(Degradation.All(s_well with { PodsAge = null, Uptime = TimeSpan.FromMinutes(9) }, 0));
        Assert.Empty(Degradation.All(s_well with { PodsAge = TimeSpan.FromMinutes(9) }, 0));
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
            _state = s_well with { FailedReadings = (i / 2) + 1 };
            _watch.Look();
            _time.Advance(TimeSpan.FromSeconds(10));
        }

        Assert.Equal(1, _queue.Waiting);
        _time.Advance(TimeSpan.FromMinutes(1));
        _watch.Look();
        _state = s_well with { FailedReadings = 1000 };
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

    [Fact]
    public void The_metrics_show_each_cause_while_it_lasts_and_the_log_tells_it_once()
    {
        Assert.All(Degradation.Reasons, reason => Assert.Equal(0, Shown(reason)));
        _state = s_well with { Strategy = KillStrategy.Signal };
        _watch.Look();
        _watch.Look();
        Assert.All(Degradation.Reasons, reason => Assert.Equal(reason == "holdVictims" ? 1 : 0, Shown(reason)));
        Assert.StartsWith("Warning Degraded degraded (holdVictims): victims are not held", Assert.Single(_logger.Lines), StringComparison.Ordinal);

        _state = s_well;
        _watch.Look();
        Assert.Equal(0, Shown("holdVictims"));

        double Shown(string reason) => _metrics.Degraded.WithLabels(reason).Value;
    }

    [Fact]
    public void Without_a_cluster_the_metrics_and_the_log_have_it_all_the_same()
    {
        using var watch = new DegradationWatch(_metrics, null, null, () => s_well with { IsReadingFailing = true }, _time, _logger);
        watch.Look();
        Assert.Equal(1, _metrics.Degraded.WithLabels("readSignals").Value);
        Assert.Single(_logger.Lines);
    }
}
