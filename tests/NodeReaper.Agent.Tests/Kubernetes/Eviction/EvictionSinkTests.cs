using NodeReaper.Agent.Kubernetes.Eviction;
using NodeReaper.Agent.Options;
using NodeReaper.Agent.Tests.Reporting;
using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Reporting;

namespace NodeReaper.Agent.Tests.Kubernetes.Eviction;

public sealed class EvictionSinkTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<string> _evicted = [];
    private AfterKillOptions _options = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Who_asks_for_it_is_evicted_and_nobody_else()
    {
        Write(Pod("asks") with { AfterKill = AfterKill.Evict });
        Write(Pod("does-not"));
        Write(Pod("dry") with { AfterKill = AfterKill.Evict }, ReportKind.DryRun);
        Write(Pod("refused") with { AfterKill = AfterKill.Evict }, ReportKind.Refused);
        Assert.Equal(["asks: its annotation nodereaper.io/after-kill asks for that"], _evicted);

        _options = _options with { Evict = false };
        Write(Pod("asks") with { AfterKill = AfterKill.Evict });
        Assert.Single(_evicted);
    }

    [Fact]
    public void Static_and_critical_Pods_are_never_evicted()
    {
        _options = _options with { EvictAfter = 1 };
        Write(Pod("etcd", uid: "0123456789abcdef0123456789abcdef") with { AfterKill = AfterKill.Evict });
        Write(Pod("dns") with { AfterKill = AfterKill.Evict, Priority = 2_000_000_000 });
        Assert.Empty(_evicted);
    }

    [Fact]
    public void Who_goes_away_already_and_who_would_come_back_right_here_is_not_evicted()
    {
        _options = _options with { EvictAfter = 1 };
        Write(Pod("terminating") with { AfterKill = AfterKill.Evict, IsTerminating = true });
        Write(Pod("log-shipper") with { AfterKill = AfterKill.Evict, WorkloadKind = "DaemonSet" });
        Assert.Empty(_evicted);
    }

    [Fact]
    public void A_Pod_that_nobody_makes_again_goes_only_when_it_asks_for_that()
    {
        _options = _options with { EvictAfter = 1 };
        Write(Pod("bare") with { Workload = null });
        Assert.Empty(_evicted);
        Write(Pod("bare") with { Workload = null, AfterKill = AfterKill.Evict });
        Assert.Equal(["bare: its annotation nodereaper.io/after-kill asks for that"], _evicted);
    }

    [Fact]
    public void A_workload_that_is_killed_again_and_again_is_evicted_also_across_restarts_of_the_agent()
    {
        _options = _options with { EvictAfter = 3 };
        Write(Pod("web-1") with { Workload = "web" }, minutes: 0);
        Write(Pod("other"), minutes: 1);
        Write(Pod("web-2") with { Workload = "web" }, minutes: 2);
        Assert.Empty(_evicted);
        Write(Pod("web-3") with { Workload = "web" }, minutes: 3);
        Assert.Equal(["web-3: its workload was killed 3 times within 60 min on this node"], _evicted);
    }

    [Fact]
    public void What_is_long_ago_does_not_count_and_neither_does_what_a_wrong_clock_wrote()
    {
        _options = _options with { EvictAfter = 2 };
        Write(Pod("a"), minutes: 0);
        Write(Pod("a"), minutes: 61);
        Write(Pod("a"), minutes: -1000);
        Assert.Empty(_evicted);
    }

    [Fact]
    public void A_history_that_is_broken_is_begun_anew()
    {
        _options = _options with { EvictAfter = 2 };
        foreach (var broken in (string[])["{", "null", "[]", "{\"a\":null}", "{\"a\":[]}", "{\"a\":[\"x\"]}"])
        {
            _folder.Write("kills.json", broken);
            Write(Pod(broken));
            Write(Pod(broken), minutes: 1);
        }

        Assert.Equal(6, _evicted.Count);
    }

    [Fact]
    public void A_history_that_cannot_be_written_counts_as_long_as_the_agent_lives()
    {
        _options = _options with { EvictAfter = 2 };
        var sink = Sink("/proc/there-is-none/kills.json");
        Assert.ThrowsAny<IOException>(() => sink.Write(Report(Pod("a"), ReportKind.Killed, 0)));
        Assert.ThrowsAny<IOException>(() => sink.Write(Report(Pod("a"), ReportKind.Killed, 1)));
        Assert.Single(_evicted);
    }

    // Each with a sink of its own, as after a restart of the agent.
    private void Write(PodFacts pod, ReportKind kind = ReportKind.Killed, int minutes = 0) =>
        Sink(_folder.PathOf("kills.json")).Write(Report(pod, kind, minutes));

    private EvictionSink Sink(string history) =>
        new(_options, new KillHistory(history, _options.Window), (pod, why) => _evicted.Add($"{pod.Name}: {why}"));

    private static ReapReport Report(PodFacts pod, ReportKind kind, int minutes)
    {
        var report = Reports.Of(kind);
        report.Time = Reports.Time.AddMinutes(minutes);
        var victim = report.Victim;
        victim.Facts.Pod = pod;
        report.KeepContainer(victim);
        return report;
    }

    private static PodFacts Pod(string name, string? uid = null) => new(uid ?? $"uid-{name}", "shop", name, QosClass.Burstable, 0, null, default, [])
    {
        Workload = $"workload-of-{name}",
        WorkloadKind = "ReplicaSet",
    };
}
