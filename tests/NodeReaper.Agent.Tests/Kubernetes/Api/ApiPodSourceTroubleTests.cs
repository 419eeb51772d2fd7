using NodeReaper.TestApiServer;

namespace NodeReaper.Agent.Tests.Kubernetes.Api;

/// <summary>An API server that is away, slow, sick or silent, and connections that are dead.</summary>
public sealed class ApiPodSourceTroubleTests
{
    [Fact]
    public async Task A_server_that_is_away_at_the_start_keeps_nobody_waiting()
    {
        await using var rig = await ApiRig.StartAsync();
        rig.Cluster.Pods.Put(PodJson.Of("a"));
        await rig.StopServerAsync();

        var began = DateTime.UtcNow;
        await rig.FollowAsync();
        Assert.True(DateTime.UtcNow - began < TimeSpan.FromSeconds(3));
        Assert.Null(rig.Board.Age);
        await Soon.Until(() => rig.Log.Lines.Any(line => line.Contains("no Pods are known yet", StringComparison.Ordinal)));

        await rig.StartServerAsync();
        await rig.Knows("a");
        Assert.Equal(1, rig.Log.Lines.Count(line => line.StartsWith("Warning PodSourceAway", StringComparison.Ordinal)));
        Assert.True(rig.HasLogged("Information PodSourceBack"));
    }

    [Fact]
    public async Task A_server_that_goes_away_leaves_the_last_snapshot_and_its_age()
    {
        await using var rig = await ApiRig.StartAsync();
        rig.Cluster.Pods.Put(PodJson.Of("a"));
        await rig.FollowAsync();
        await Soon.Until(() => rig.Cluster.Count(ApiVerb.WatchPods) == 1);

        await rig.StopServerAsync();
        await Task.Delay(800, TestContext.Current.CancellationToken);
        Assert.NotNull(rig.Find("a"));
        Assert.True(rig.Board.Age > TimeSpan.FromMilliseconds(400));

        rig.Cluster.Pods.Put(PodJson.Of("b"));
        await rig.StartServerAsync();
        await rig.Knows("a", "b");
    }

    [Fact]
    public async Task Retry_After_is_heeded()
    {
        await using var rig = await ApiRig.StartAsync();
        rig.Cluster.Pods.Put(PodJson.Of("a"));
        rig.Cluster.Script.Next(ApiVerb.ListPods, Faults.Status(429, "TooManyRequests", "too many requests, please try again later", retryAfterSeconds: 2));

        var began = DateTime.UtcNow;
        await rig.FollowAsync();
        await rig.Knows("a");

        Assert.True(DateTime.UtcNow - began >= TimeSpan.FromSeconds(2));
        Assert.Equal(2, rig.Cluster.Count(ApiVerb.ListPods));
    }

    [Fact]
    public async Task Retry_After_may_be_a_date()
    {
        await using var rig = await ApiRig.StartAsync();
        rig.Cluster.Script.Next(ApiVerb.ListPods, context =>
        {
            context.Response.Headers.RetryAfter = DateTimeOffset.UtcNow.AddSeconds(3).ToString("R", System.Globalization.CultureInfo.InvariantCulture);
            return Answers.StatusAsync(context, 503, "ServiceUnavailable", "shutting down");
        });
        var began = DateTime.UtcNow;
        await rig.FollowAsync();
        await Soon.Until(() => rig.Cluster.Count(ApiVerb.ListPods) == 2);

        // A date has no parts of a second.
        Assert.True(DateTime.UtcNow - began >= TimeSpan.FromSeconds(1.9), $"{DateTime.UtcNow - began}");
    }

    [Fact]
    public async Task A_watch_that_is_throttled_waits_as_long_as_it_is_asked_to_and_nothing_is_listed_again()
    {
        await using var rig = await ApiRig.StartAsync();
        rig.Cluster.Script.Next(ApiVerb.WatchPods, Faults.Status(429, "TooManyRequests", "too many requests, please try again later", retryAfterSeconds: 2));
        var began = DateTime.UtcNow;
        await rig.FollowAsync();
        rig.Cluster.Pods.Put(PodJson.Of("a"));
        await rig.Knows("a");

        Assert.True(DateTime.UtcNow - began >= TimeSpan.FromSeconds(2), $"{DateTime.UtcNow - began}");
        Assert.Equal((1, 2), (rig.Cluster.Count(ApiVerb.ListPods), rig.Cluster.Count(ApiVerb.WatchPods)));
    }

    [Fact]
    public async Task No_answer_of_a_sick_server_takes_a_Pod_away()
    {
        await using var rig = await ApiRig.StartAsync();
        rig.Cluster.Pods.Put(PodJson.Of("a"));
        await rig.FollowAsync();
        await Soon.Until(() => rig.Cluster.Count(ApiVerb.WatchPods) == 1);

        rig.Cluster.Script.Next(
            ApiVerb.ListPods,
            Faults.Status(500, "InternalError", "etcdserver: no leader"),
            Faults.Body(200, """{"kind":"PodList","items":["""),
            Faults.Body(200, """{"kind":"PodList","items":[{"metadata":{}""", isCut: true),
            Faults.Body(200, "<html>a proxy's page</html>"),
            Faults.Body(200, """{"kind":"Status","items":[],"metadata":{"resourceVersion":"5"}}"""),
            Faults.Body(200, """{"kind":"PodList","items":[{"spec":5}],"metadata":{"resourceVersion":"5"}}"""),
            Faults.Body(200, """{"kind":"PodList","metadata":{"resourceVersion":"5"}}"""),
            Faults.Body(200, """{"kind":"PodList","items":[],"metadata":{}}"""),
            Faults.Body(302, ""),
            Faults.Reset);
        rig.Cluster.Pods.Compact();
        rig.Cluster.Pods.Put(PodJson.Of("b"));
        rig.Cluster.Pods.Compact();
        rig.Cluster.Script.Next(ApiVerb.WatchPods, Faults.Status(410, "Expired", "too old resource version"));
        rig.Cluster.BreakWatches();

        await Soon.Until(() =>
        {
            Assert.NotNull(rig.Find("a"));
            return rig.Find("b") is not null;
        });
        Assert.True(rig.Cluster.Count(ApiVerb.ListPods) >= 12);
    }

    [Fact]
    public async Task Nonsense_within_a_watch_is_not_taken_and_the_watch_begins_anew()
    {
        await using var rig = await ApiRig.StartAsync();
        rig.Cluster.Script.Next(
            ApiVerb.WatchPods,
            Faults.Body(200, "{\"type\":\"ADDED\",\"object\":{\"kind\":\"Node\",\"metadata\":{\"resourceVersion\":\"9\"}}}\n"),
            Faults.Body(200, "{\"type\":\"SURPRISE\",\"object\":{\"kind\":\"Pod\",\"metadata\":{\"resourceVersion\":\"9\"}}}\n"),
            Faults.Body(200, "{\"type\":\"ADDED\",\"object\":{\"kind\":\"Pod\",\"meta"),
            Faults.Body(200, "null\n"),
            Faults.Body(200, "{}\n"));
        await rig.FollowAsync();

        await Soon.Until(() => rig.Cluster.Count(ApiVerb.WatchPods) > 5);
        rig.Cluster.Pods.Put(PodJson.Of("a"));

        await rig.Knows("a");
    }

    [Fact]
    public async Task Silence_is_not_waited_for_for_ever()
    {
        await using var rig = await ApiRig.StartAsync();
        await rig.FollowAsync();
        await Soon.Until(() => rig.Cluster.Count(ApiVerb.WatchPods) == 1);
        rig.Cluster.IsSilent = true;
        rig.Cluster.Pods.Put(PodJson.Of("a"));
        await Task.Delay(200, TestContext.Current.CancellationToken);

        await Soon.Until(() => rig.Cluster.Count(ApiVerb.WatchPods) >= 2);
        rig.Cluster.IsSilent = false;

        await rig.Knows("a");
    }

    [Fact]
    public async Task A_connection_that_is_half_open_is_given_up()
    {
        await using var rig = await ApiRig.StartAsync();
        await using var relay = new TcpRelay(rig.Url.Port);
        rig.Cluster.Pods.Put(PodJson.Of("a"));
        await rig.FollowAsync(
            ApiRig.Impatient with { Silence = TimeSpan.FromMinutes(5), Ping = TimeSpan.FromSeconds(1), PingAnswer = TimeSpan.FromSeconds(1) },
            rig.Access with { Server = new Uri($"https://127.0.0.1:{relay.Port}/") });
        await rig.Knows("a");
        await Soon.Until(() => rig.Cluster.Count(ApiVerb.WatchPods) == 1);

        relay.Freeze();
        rig.Cluster.Pods.Put(PodJson.Of("b"));

        await rig.Knows("a", "b");
    }

    [Fact]
    public async Task A_list_that_hangs_is_given_up()
    {
        await using var rig = await ApiRig.StartAsync();
        rig.Cluster.Pods.Put(PodJson.Of("a"));
        rig.Cluster.Script.Next(ApiVerb.ListPods, Faults.Hang);

        await rig.FollowAsync();

        Assert.Null(rig.Find("a"));
        await rig.Knows("a");
    }

    [Fact]
    public async Task Forbidden_is_told_once_with_what_to_do_and_tried_again()
    {
        await using var rig = await ApiRig.StartAsync();
        rig.Cluster.Pods.Put(PodJson.Of("a"));
        rig.Cluster.Script.Always(ApiVerb.ListPods, Faults.Status(
            403, "Forbidden", "pods is forbidden: User \"system:serviceaccount:kube-system:nodereaper\" cannot list resource \"pods\""));
        await rig.FollowAsync();

        await Soon.Until(() => rig.Cluster.Count(ApiVerb.ListPods) >= 3);
        var told = Assert.Single(rig.Log.Lines, line => line.StartsWith("Error PodSourceForbidden", StringComparison.Ordinal));
        Assert.Contains("cannot list resource \"pods\"", told, StringComparison.Ordinal);
        Assert.Contains("docs/cluster.md#rights", told, StringComparison.Ordinal);

        rig.Cluster.Script.End(ApiVerb.ListPods);
        await rig.Knows("a");
    }
}
