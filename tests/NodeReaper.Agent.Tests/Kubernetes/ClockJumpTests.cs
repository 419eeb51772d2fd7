using System.Collections.Concurrent;
using NodeReaper.Agent.Kubernetes.Events;
using NodeReaper.Agent.Kubernetes.Eviction;
using NodeReaper.Agent.Kubernetes.Nodes;
using NodeReaper.Agent.Options;
using NodeReaper.Agent.Tests.Kubernetes.Api;
using NodeReaper.Agent.Tests.Kubernetes.Events;
using NodeReaper.Agent.Tests.Reporting;
using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Reporting;
using NodeReaper.TestApiServer;

namespace NodeReaper.Agent.Tests.Kubernetes;

/// <summary>Somebody sets the clock of the node, forwards or backwards, by a day: nothing is told or done more often for that, or no more.</summary>
public sealed class ClockJumpTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ShiftedTime _time = new();
    private int _dropped;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(+1)]
    [InlineData(-1)]
    public async Task What_happens_again_counts_into_the_same_series_and_into_another_after_a_while(int days)
    {
        var queue = Queue();
        queue.Add(Now("a"));
        var first = await queue.NextAsync(TestContext.Current.CancellationToken);
        queue.Delivered(first, queue.Now(first));

        _time.Jump(TimeSpan.FromDays(days));
        queue.Add(Now("a"));
        _time.Advance(TimeSpan.FromSeconds(30));
        var again = await queue.NextAsync(TestContext.Current.CancellationToken);
        Assert.Same(first, again);
        Assert.Equal(2, queue.Now(again).Event.Series!.Count);
        queue.Delivered(again, queue.Now(again));

        _time.Advance(TimeSpan.FromMinutes(6));
        queue.Add(Now("a"));
        var next = await queue.NextAsync(TestContext.Current.CancellationToken);
        Assert.NotSame(first, next);
        Assert.Equal(0, _dropped);
    }

    [Theory]
    [InlineData(+1)]
    [InlineData(-1)]
    public void The_rate_of_Events_stays(int days)
    {
        var queue = Queue();
        for (var i = 0; i < 60; i++)
        {
            _time.Jump(TimeSpan.FromDays(days));
            queue.Add(Now($"pod-{i}"));
        }

        Assert.Equal((50, 10), (queue.Waiting, _dropped));
        _time.Advance(TimeSpan.FromMinutes(1));
        queue.Add(Now("later"));
        Assert.Equal((51, 10), (queue.Waiting, _dropped));
    }

    [Theory]
    [InlineData(+1)]
    [InlineData(-1)]
    public void Kills_of_another_day_evict_nobody_and_keep_nobody_from_being_evicted(int days)
    {
        var evicted = 0;
        var sink = new EvictionSink(
            new AfterKillOptions { EvictAfter = 3 },
            new KillHistory(_folder.PathOf("kills.json"), TimeSpan.FromHours(1)),
            (_, _) => evicted++);
        Kill(sink, times: 2);
        _time.Jump(TimeSpan.FromDays(days));
        Kill(sink, times: 2);
        Assert.Equal(0, evicted);
        Kill(sink, times: 1);
        Assert.Equal(1, evicted);
        _time.Jump(-TimeSpan.FromDays(days));
        Kill(sink, times: 2);
        Assert.Equal(1, evicted);
    }

    [Theory]
    [InlineData(+1)]
    [InlineData(-1)]
    public async Task An_eviction_is_tried_for_as_long_as_ever(int days)
    {
        await using var rig = await ApiRig.StartAsync();
        rig.Cluster.Pods.Put(PodJson.Of("web"));
        rig.Cluster.Script.Always(ApiVerb.Evict, Faults.Status(429, "TooManyRequests", "not yet"));
        var log = new RecordingLogger<Evictor>();
        var told = new ConcurrentQueue<ClusterEvent>();
        using var evictor = new Evictor(
            rig.Client(), ApiRig.Impatient with { Eviction = TimeSpan.FromSeconds(3) }, new PendingEvictions(null), () => false, null, _time, told.Enqueue, log);
        evictor.Begin(Pod("web"), "x");
        await Soon.Until(() => rig.Cluster.Count(ApiVerb.Evict) > 0);
        _time.Jump(TimeSpan.FromDays(days));
        var before = rig.Cluster.Count(ApiVerb.Evict);
        await Soon.Until(() => rig.Cluster.Count(ApiVerb.Evict) > before + 1);
        Assert.Empty(log.Lines);
        await Soon.Until(() => log.Lines.Any(line => line.StartsWith("Warning EvictionGivenUp", StringComparison.Ordinal)));
        Assert.Empty(told);

        rig.Cluster.Script.End(ApiVerb.Evict);
        await Soon.Until(() =>
        {
            evictor.Begin(Pod("web"), "x");
            return !told.IsEmpty;
        });
        await evictor.StopAsync(CancellationToken.None);
    }

    [Theory]
    [InlineData(+1)]
    [InlineData(-1)]
    public void Pressure_lasts_as_long_as_it_lasts(int days)
    {
        var pressure = new SustainedPressure(TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(5), _time);
        pressure.Note();
        _time.Jump(TimeSpan.FromDays(days));
        pressure.Note();
        Assert.False(pressure.IsSustained);
        _time.Advance(TimeSpan.FromMinutes(2));
        pressure.Note();
        Assert.True(pressure.IsSustained);
        _time.Jump(TimeSpan.FromDays(days));
        Assert.True(pressure.IsSustained);
        _time.Advance(TimeSpan.FromMinutes(5));
        Assert.False(pressure.IsSustained);
    }

    private EventQueue Queue() => new(new EventFormat("node-1"), new EventSpool(_folder.PathOf("events")), _time, () => _dropped++);

    private ClusterEvent Now(string pod) => Happened.To(pod) with { Time = _time.GetUtcNow() };

    private void Kill(EvictionSink sink, int times)
    {
        for (var i = 0; i < times; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(10));
            var report = Reports.Of(ReportKind.Killed);
            report.Time = _time.GetUtcNow();
            var victim = report.Victim;
            victim.Facts.Pod = Pod("web");
            report.KeepContainer(victim);
            sink.Write(report);
        }
    }

    private static PodFacts Pod(string name) => new($"uid-{name}", "shop", name, QosClass.Burstable, 0, null, default, []) { Workload = "a-workload" };
}
