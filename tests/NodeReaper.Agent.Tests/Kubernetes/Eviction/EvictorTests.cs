using System.Collections.Concurrent;
using NodeReaper.Agent.Kubernetes.Api;
using NodeReaper.Agent.Kubernetes.Events;
using NodeReaper.Agent.Kubernetes.Eviction;
using NodeReaper.Agent.Tests.Kubernetes.Api;
using NodeReaper.Engine.Candidates;
using NodeReaper.TestApiServer;

namespace NodeReaper.Agent.Tests.Kubernetes.Eviction;

public sealed class EvictorTests : IAsyncLifetime
{
    private const string Budget = "Cannot evict pod as it would violate the pod's disruption budget.";
    private readonly RecordingLogger<Evictor> _log = new();
    private readonly ConcurrentQueue<ClusterEvent> _told = [];
    private readonly TemporaryFolder _folder = new();
    private volatile bool _isDryRun;
    private ApiRig _rig = null!;
    private Evictor _evictor = null!;

    public async ValueTask InitializeAsync()
    {
        _rig = await ApiRig.StartAsync();
        _rig.Cluster.Pods.Put(PodJson.Of("web"));
        _evictor = Evictor(ApiRig.Impatient);
    }

    public async ValueTask DisposeAsync()
    {
        await _evictor.StopAsync(CancellationToken.None);
        _evictor.Dispose();
        await _rig.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_Pod_goes_and_that_is_told()
    {
        _evictor.Begin(Pod("web"), "it asks for that");
        await Soon.Until(() => !_told.IsEmpty);

        Assert.Null(_rig.Cluster.Pods.Find("shop", "web"));
        var told = Assert.Single(_told);
        Assert.Equal(("EvictedAfterReap", "Evict", "uid-web", "node-1"), (told.Reason, told.Action, told.Regarding.Uid, told.Related?.Name));
        Assert.EndsWith("it asks for that", told.Note, StringComparison.Ordinal);
        Assert.Contains(_log.Lines, line => line.StartsWith("Warning Evicted evicted shop/web", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_disruption_budget_is_waited_for()
    {
        _rig.Cluster.Script.Next(
            ApiVerb.Evict, Faults.Status(429, "TooManyRequests", Budget), Faults.Status(429, "TooManyRequests", Budget), Faults.Status(500, "InternalError", "x"));
        _evictor.Begin(Pod("web"), "x");
        _evictor.Begin(Pod("web"), "x");
        await Soon.Until(() => !_told.IsEmpty);
        Assert.Equal(4, _rig.Cluster.Count(ApiVerb.Evict));
    }

    [Fact]
    public async Task A_disruption_budget_is_not_waited_for_for_ever_and_keeps_nobody_else_waiting()
    {
        using var hasty = Evictor(ApiRig.Impatient with { Eviction = TimeSpan.FromSeconds(2) });
        _rig.Cluster.Pods.Put(PodJson.Of("other"));
        _rig.Cluster.Script.Always(ApiVerb.Evict, context => context.Request.Path.Value!.Contains("/web/", StringComparison.Ordinal)
            ? Faults.Status(429, "TooManyRequests", Budget)(context)
            : Faults.Body(201, "{}")(context));
        hasty.Begin(Pod("web"), "x");
        hasty.Begin(Pod("other"), "x");

        await Soon.Until(() => _told.Any(told => told.Regarding.Name == "other"));
        await Soon.Until(() => _log.Lines.Any(line => line.StartsWith("Warning EvictionGivenUp shop/web", StringComparison.Ordinal)));
        Assert.Contains(_log.Lines, line => line.Contains(Budget, StringComparison.Ordinal));
        Assert.NotNull(_rig.Cluster.Pods.Find("shop", "web"));
        await hasty.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task Another_Pod_of_the_same_name_stays()
    {
        _evictor.Begin(Pod("web") with { Uid = "uid-before" }, "x");
        await Soon.Until(() => _rig.Cluster.Count(ApiVerb.Evict) == 1);
        await Task.Delay(200, TestContext.Current.CancellationToken);
        Assert.NotNull(_rig.Cluster.Pods.Find("shop", "web"));
        Assert.Empty(_told);
        Assert.Empty(_log.Lines);
    }

    [Fact]
    public async Task Without_the_right_it_says_so_and_goes_on()
    {
        _rig.Cluster.Script.Next(ApiVerb.Evict, Faults.Status(403, "Forbidden", "pods \"web\" is forbidden: User \"x\" cannot create resource \"pods/eviction\""));
        _evictor.Begin(Pod("web"), "x");
        await Soon.Until(() => _log.Lines.Any(line => line.StartsWith("Error EvictionRefused shop/web", StringComparison.Ordinal)));
        Assert.Contains(_log.Lines, line => line.Contains("docs/cluster.md#rights", StringComparison.Ordinal));

        await Soon.Until(() =>
        {
            _evictor.Begin(Pod("web"), "x");
            return !_told.IsEmpty;
        });
    }

    [Fact]
    public async Task The_end_of_the_agent_does_not_wait_for_a_budget()
    {
        _rig.Cluster.Script.Always(ApiVerb.Evict, Faults.Status(429, "TooManyRequests", Budget));
        _evictor.Begin(Pod("web"), "x");
        await Soon.Until(() => _rig.Cluster.Count(ApiVerb.Evict) > 0);
        var stopping = _evictor.StopAsync(CancellationToken.None);
        await stopping.WaitAsync(TimeSpan.FromSeconds(2), TestContext.Current.CancellationToken);
        Assert.Empty(_log.Lines);
    }

    [Fact]
    public async Task The_next_agent_takes_up_what_this_one_could_not_end_and_tells_it_once()
    {
        _rig.Cluster.Script.Always(ApiVerb.Evict, Faults.Status(429, "TooManyRequests", Budget));
        _evictor.Begin(Pod("web"), "it asks for that");
        await Soon.Until(() => _rig.Cluster.Count(ApiVerb.Evict) > 0);
        await _evictor.StopAsync(CancellationToken.None);

        _rig.Cluster.Script.End(ApiVerb.Evict);
        using var next = await StartedAsync();
        await Soon.Until(() => !_told.IsEmpty);
        Assert.Contains(_log.Lines, line => line.StartsWith("Information EvictionTakenUp", StringComparison.Ordinal));
        await next.StopAsync(CancellationToken.None);
        Assert.Equal("[]", File.ReadAllText(_folder.PathOf("evictions.json")));

        using var third = await StartedAsync();
        await third.StopAsync(CancellationToken.None);
        var told = Assert.Single(_told);
        Assert.Equal(("evicted.uid-web", true), (told.Once, told.Note.EndsWith("it asks for that", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task What_was_made_in_the_place_of_a_Pod_meanwhile_stays()
    {
        Left("web", "uid-before", seconds: -60);
        using var next = await StartedAsync();
        await Soon.Until(() => _rig.Cluster.Count(ApiVerb.Evict) == 1);
        await Soon.Until(() => File.ReadAllText(_folder.PathOf("evictions.json")) == "[]");
        await next.StopAsync(CancellationToken.None);
        Assert.NotNull(_rig.Cluster.Pods.Find("shop", "web"));
        Assert.Empty(_told);
    }

    [Fact]
    public async Task A_Pod_that_is_gone_is_no_trouble()
    {
        Left("gone", "uid-gone", seconds: -60);
        using var next = await StartedAsync();
        await Soon.Until(() => File.ReadAllText(_folder.PathOf("evictions.json")) == "[]");
        await next.StopAsync(CancellationToken.None);
        Assert.Empty(_told);
        Assert.DoesNotContain(_log.Lines, line => line.StartsWith("Error", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(-601, 0)]
    [InlineData(-599, 1)]

    // The clock was set back by a day since.
    [InlineData(86_400, 1)]
    public async Task What_was_begun_too_long_ago_is_over(int seconds, int requests)
    {
        Left("web", "uid-web", seconds);
        using var next = await StartedAsync();
        await Soon.Until(() => File.ReadAllText(_folder.PathOf("evictions.json")) == "[]");
        await next.StopAsync(CancellationToken.None);
        Assert.Equal(requests, _rig.Cluster.Count(ApiVerb.Evict));
    }

    [Theory]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("[null, {}]")]
    [InlineData("[{\"name\": 1}]")]
    public async Task What_cannot_be_read_is_nothing(string text)
    {
        _folder.Write("evictions.json", text);
        using var next = await StartedAsync();
        next.Begin(Pod("web"), "x");
        await Soon.Until(() => !_told.IsEmpty);
        await next.StopAsync(CancellationToken.None);
        Assert.Equal(1, _rig.Cluster.Count(ApiVerb.Evict));
    }

    [Fact]
    public async Task Where_nothing_can_be_written_it_evicts_and_says_once_that_restarts_end_it()
    {
        using var evictor = new Evictor(_rig.Client(), ApiRig.Impatient, new PendingEvictions("/proc/there-is-none/x"), () => false, null, TimeProvider.System, _told.Enqueue, _log);
        evictor.Begin(Pod("web"), "x");
        await Soon.Until(() => !_told.IsEmpty);
        await evictor.StopAsync(CancellationToken.None);
        Assert.Single(_log.Lines, line => line.StartsWith("Warning EvictionsNotDurable", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_dry_run_evicts_nobody_and_what_was_begun_goes_on_when_it_ends()
    {
        _isDryRun = true;
        Left("web", "uid-web", seconds: -1);
        using var next = await StartedAsync();
        await Task.Delay(200, TestContext.Current.CancellationToken);
        Assert.Equal(0, _rig.Cluster.Count(ApiVerb.Evict));
        Assert.Contains("uid-web", File.ReadAllText(_folder.PathOf("evictions.json")), StringComparison.Ordinal);

        _isDryRun = false;
        await Soon.Until(() => !_told.IsEmpty);
        await next.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task Pods_Events_and_marks_go_on_however_often_evictions_fail()
    {
        _rig.Cluster.Script.Always(ApiVerb.Evict, Faults.Status(500, "InternalError", "x"));
        _evictor.Begin(Pod("web"), "x");
        await Soon.Until(() => _rig.Cluster.Count(ApiVerb.Evict) >= 5);
        await Task.Delay(100, TestContext.Current.CancellationToken);
        await _rig.Client().ReadPodsAsync("api/v1/pods", _ => { }, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_Pod_with_two_budgets_is_never_let_go_by_the_API_server()
    {
        _rig.Cluster.Budgets.Add(new DisruptionBudget("shop", "web", 5));
        _rig.Cluster.Budgets.Add(new DisruptionBudget("shop", "web", 5));
        _evictor.Begin(Pod("web"), "x");
        await Soon.Until(() => _log.Lines.Any(line => line.StartsWith("Error EvictionRefused shop/web", StringComparison.Ordinal)));
        Assert.Equal(1, _rig.Cluster.Count(ApiVerb.Evict));
        Assert.NotNull(_rig.Cluster.Pods.Find("shop", "web"));
    }

    [Fact]
    public async Task A_Pod_goes_when_its_budget_has_room()
    {
        var budget = new DisruptionBudget("shop", "web", 0);
        _rig.Cluster.Budgets.Add(budget);
        _evictor.Begin(Pod("web"), "x");
        await Soon.Until(() => _rig.Cluster.Count(ApiVerb.Evict) >= 2);
        Assert.Empty(_told);
        budget.Allowed = 1;
        await Soon.Until(() => !_told.IsEmpty);
        Assert.Equal(0, budget.Allowed);
    }

    [Fact]
    public async Task A_conflict_with_another_who_writes_is_tried_again()
    {
        _rig.Cluster.Script.Next(
            ApiVerb.Evict, Faults.Status(409, "Conflict", "Operation cannot be fulfilled on pods \"web\": the object has been modified; please apply your changes to the latest version"));
        _evictor.Begin(Pod("web"), "x");
        await Soon.Until(() => !_told.IsEmpty);
        Assert.Equal(2, _rig.Cluster.Count(ApiVerb.Evict));
    }

    [Fact]
    public void What_is_beyond_the_bound_is_told()
    {
        _rig.Cluster.Script.Always(ApiVerb.Evict, Faults.Hang);
        for (var i = 0; i < PendingEvictions.Most + 1; i++)
        {
            _evictor.Begin(Pod($"p{i}"), "x");
        }

        Assert.Single(_log.Lines, line => line.StartsWith("Warning EvictionsTooMany shop/p32 is not evicted: 32 evictions are under way", StringComparison.Ordinal));
    }

    private async Task<Evictor> StartedAsync()
    {
        var evictor = Evictor(ApiRig.Impatient with { Eviction = TimeSpan.FromMinutes(10) });
        await evictor.StartAsync(CancellationToken.None);
        return evictor;
    }

    // As an agent before this one wrote it.
    private void Left(string name, string uid, int seconds) => _folder.Write(
        "evictions.json",
        $$"""[{"namespace":"shop","name":"{{name}}","uid":"{{uid}}","why":"x","since":"{{DateTimeOffset.UtcNow.AddSeconds(seconds):O}}"}]""");

    private Evictor Evictor(ApiTimings timings) => new(
        _rig.Client(), timings, PendingEvictions.Beside(_folder.PathOf("kills.json")), () => _isDryRun, "node-1", TimeProvider.System, _told.Enqueue, _log);

    private static PodFacts Pod(string name) => new($"uid-{name}", "shop", name, QosClass.Burstable, 0, null, default, []);
}
