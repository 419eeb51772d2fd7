using System.Text.Json.Nodes;
using NodeReaper.Engine.Candidates;
using NodeReaper.TestApiServer;

namespace NodeReaper.Agent.Tests.Kubernetes.Api;

public sealed class ApiPodSourceTests
{
    [Fact]
    public async Task The_first_snapshot_is_there_when_it_has_started_and_has_all_facts()
    {
        await using var rig = await ApiRig.StartAsync();
        rig.Cluster.Pods.Put(PodJson.Of("web", priority: 1000, annotations: """{"nodereaper.io/kill-priority": "7", "other/x": "y"}"""));
        rig.Cluster.Pods.Put(PodJson.Of("elsewhere", node: "node-2"));

        await rig.FollowAsync();

        var pod = Assert.Single(rig.Board.Newest.Pods);
        Assert.Equal(("uid-web", "shop", "web", 1000, "gold"), (pod.Uid, pod.Namespace, pod.Name, pod.Priority, pod.PriorityClassName));
        Assert.Equal((QosClass.Burstable, new KillPriority(7, false)), (pod.QosClass, pod.KillPriority));
        Assert.Equal(["app", "mesh"], pod.Containers.Select(container => container.Name));
        var app = pod.Containers[0];
        Assert.Equal(("c-web", 64L << 20, (long?)1L << 30), (app.ContainerId, app.MemoryRequestBytes, app.MemoryLimitBytes));
        Assert.True(rig.HasLogged("Information PodsListed 1 Pod(s) known from https://127.0.0.1:"));
        Assert.Contains(rig.Cluster.Requests, request =>
            request.Target == "/api/v1/pods?fieldSelector=spec.nodeName%3Dnode-1%2Cstatus.phase%21%3DSucceeded%2Cstatus.phase%21%3DFailed&resourceVersion=0");
    }

    [Fact]
    public async Task A_Pod_needs_no_more_than_the_API_server_demands()
    {
        await using var rig = await ApiRig.StartAsync();
        rig.Cluster.Pods.Put(JsonNode.Parse("""
            {"metadata": {"name": "a", "namespace": "shop", "uid": "uid-a"}, "spec": {"nodeName": "node-1", "containers": [{"name": "app"}]}}
            """)!.AsObject());
        await rig.FollowAsync();
        Assert.True(rig.Find("a") is { QosClass: QosClass.BestEffort, Priority: 0, Containers: [{ Name: "app", ContainerId: null }] });
    }

    [Fact]
    public async Task Changes_are_known_within_a_second_without_another_list()
    {
        await using var rig = await ApiRig.StartAsync();
        await rig.FollowAsync();

        var began = DateTime.UtcNow;
        rig.Cluster.Pods.Put(PodJson.Of("a"));
        rig.Cluster.Pods.Put(PodJson.Of("b"));
        rig.Cluster.Pods.Put(PodJson.Of("not-ours", node: "node-2"));
        await rig.Knows("a", "b");
        rig.Cluster.Pods.Put(PodJson.Of("b", priority: 5));
        await Soon.Until(() => rig.Find("b")?.Priority == 5);
        rig.Cluster.Pods.Delete("shop", "a");
        await rig.Knows("b");

        Assert.True(DateTime.UtcNow - began < TimeSpan.FromSeconds(3));
        Assert.Equal(1, rig.Cluster.Count(ApiVerb.ListPods));
    }

    [Fact]
    public async Task A_Pod_that_is_made_again_under_the_same_name_is_another_one()
    {
        await using var rig = await ApiRig.StartAsync();
        rig.Cluster.Pods.Put(PodJson.Of("db-0", uid: "old"));
        await rig.FollowAsync();

        rig.Cluster.Pods.Delete("shop", "db-0");
        rig.Cluster.Pods.Put(PodJson.Of("db-0", uid: "new"));

        await Soon.Until(() => rig.Board.Newest.Find("new") is not null && rig.Board.Newest.Find("old") is null);
    }

    [Fact]
    public async Task Bookmarks_confirm_the_snapshot_and_move_the_watch_on()
    {
        await using var rig = await ApiRig.StartAsync();
        rig.Cluster.BookmarkEvery = TimeSpan.FromMilliseconds(100);
        await rig.FollowAsync();
        rig.Cluster.Pods.Pass(5000);

        await Soon.Until(() => rig.Board.Age > TimeSpan.FromMilliseconds(50));
        await Soon.Until(() => rig.Board.Age < TimeSpan.FromMilliseconds(50));

        // The past is forgotten, but the last bookmark was after it.
        await Task.Delay(300, TestContext.Current.CancellationToken);
        rig.Cluster.Pods.Compact();
        rig.Cluster.BreakWatches();
        rig.Cluster.Pods.Put(PodJson.Of("a"));
        await rig.Knows("a");
        Assert.Equal(1, rig.Cluster.Count(ApiVerb.ListPods));
    }

    [Fact]
    public async Task What_happened_while_a_watch_was_broken_is_made_up_for()
    {
        await using var rig = await ApiRig.StartAsync();
        rig.Cluster.Pods.Put(PodJson.Of("a"));
        await rig.FollowAsync();
        await Soon.Until(() => rig.Cluster.Count(ApiVerb.WatchPods) == 1);

        rig.Cluster.BreakWatches();
        rig.Cluster.Pods.Put(PodJson.Of("b"));
        rig.Cluster.Pods.Delete("shop", "a");

        await rig.Knows("b");
        Assert.Equal(1, rig.Cluster.Count(ApiVerb.ListPods));
    }

    [Fact]
    public async Task Gone_means_to_list_again()
    {
        await using var rig = await ApiRig.StartAsync();
        rig.Cluster.BookmarkEvery = TimeSpan.FromMinutes(1);
        rig.Cluster.Pods.Put(PodJson.Of("a"));
        await rig.FollowAsync();
        await Soon.Until(() => rig.Cluster.Count(ApiVerb.WatchPods) == 1);
        rig.Cluster.Script.Next(ApiVerb.WatchPods, Faults.Reset);
        rig.Cluster.BreakWatches();

        rig.Cluster.Pods.Put(PodJson.Of("b"));
        rig.Cluster.Pods.Delete("shop", "a");
        rig.Cluster.Pods.Compact();

        await rig.Knows("b");
        Assert.Equal(2, rig.Cluster.Count(ApiVerb.ListPods));
        Assert.False(rig.HasLogged("Error"));
    }

    [Fact]
    public async Task A_server_that_went_back_in_time_is_asked_for_what_it_has_now()
    {
        await using var rig = await ApiRig.StartAsync();
        rig.Cluster.Pods.Put(PodJson.Of("a"));
        await rig.FollowAsync();

        rig.Cluster.Pods.Restore(500);
        rig.Cluster.Pods.Delete("shop", "a");
        rig.Cluster.BreakWatches();

        await rig.Knows();
        Assert.Contains(rig.Cluster.Requests, request => request.Target.EndsWith("&resourceVersion=&limit=500", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Pods_of_other_nodes_are_refused_and_told_once()
    {
        await using var rig = await ApiRig.StartAsync();
        rig.Cluster.IgnoresSelector = true;
        rig.Cluster.Pods.Put(PodJson.Of("ours"));
        rig.Cluster.Pods.Put(PodJson.Of("theirs", node: "node-2"));
        await rig.FollowAsync();
        rig.Cluster.Pods.Put(PodJson.Of("theirs", node: "node-2", priority: 3));
        rig.Cluster.Pods.Put(PodJson.Of("more"));

        await rig.Knows("more", "ours");
        Assert.Equal(
            ["Pod shop/theirs is of the node 'node-2', not of node-1, and is ignored"], rig.Problems.Select(problem => problem.Message));
    }

    [Fact]
    public async Task A_second_Pod_with_the_same_UID_is_refused_and_told()
    {
        await using var rig = await ApiRig.StartAsync();
        rig.Cluster.Pods.Put(PodJson.Of("first", uid: "uid-1", priority: 1));
        rig.Cluster.Pods.Put(PodJson.Of("impostor", uid: "uid-1", priority: 2));
        await rig.FollowAsync();
        Assert.Equal("first", rig.Board.Newest.Find("uid-1")?.Name);

        rig.Cluster.Pods.Put(PodJson.Of("impostor", uid: "uid-1", priority: 3));
        rig.Cluster.Pods.Put(PodJson.Of("last"));
        await rig.Knows("first", "last");

        Assert.Equal(["Pod shop/impostor has the UID of shop/first, and is ignored"], rig.Problems.Select(problem => problem.Message));

        // Its end is not the end of the first.
        rig.Cluster.Pods.Delete("shop", "impostor");
        rig.Cluster.Pods.Delete("shop", "last");
        await rig.Knows("first");
    }

    [Fact]
    public async Task A_Pod_that_cannot_be_read_stays_as_it_was()
    {
        await using var rig = await ApiRig.StartAsync();
        rig.Cluster.Pods.Put(PodJson.Of("a", priority: 4));
        await rig.FollowAsync();
        var broken = PodJson.Of("a", priority: 5);
        broken["spec"]!["containers"]![0]!["resources"]!["requests"]!["memory"] = "much";
        rig.Cluster.Pods.Put(broken);
        rig.Cluster.Pods.Put(PodJson.Of("b"));

        await rig.Knows("a", "b");
        Assert.Equal(4, rig.Find("a")!.Priority);
        Assert.Contains(rig.Problems, problem => problem.Message.Contains("its memory is not a quantity", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_malformed_annotation_is_told_once_and_costs_nothing_else()
    {
        await using var rig = await ApiRig.StartAsync();
        await rig.FollowAsync();
        for (var i = 0; i < 5; i++)
        {
            rig.Cluster.Pods.Put(PodJson.Of("a", priority: i, annotations: """{"nodereaper.io/kill-priority": "lots"}"""));
        }

        await Soon.Until(() => rig.Find("a")?.Priority == 4);
        var problem = Assert.Single(rig.Problems);
        Assert.True(problem is { IsOfOwner: true, Namespace: "shop", Name: "a", Uid: "uid-a" });
        Assert.Contains("'lots' is not a kill priority", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_tenant_that_changes_its_annotations_again_and_again_cannot_flood_the_log()
    {
        await using var rig = await ApiRig.StartAsync();
        await rig.FollowAsync();
        for (var i = 0; i < 200; i++)
        {
            rig.Cluster.Pods.Put(PodJson.Of("a", priority: i, annotations: $$"""{"nodereaper.io/kill-priority": "lots {{i}} {{new string('x', 5000)}}"}"""));
        }

        await Soon.Until(() => rig.Find("a")?.Priority == 199);
        Assert.InRange(rig.Problems.Count, 1, 8);
        Assert.All(rig.Problems, problem => Assert.InRange(problem.Message.Length, 1, 400));
    }

    [Fact]
    public async Task The_mirror_of_a_static_Pod_is_known_by_its_hash()
    {
        const string Hash = "0123456789abcdef0123456789abcdef";
        await using var rig = await ApiRig.StartAsync();
        rig.Cluster.Pods.Put(PodJson.Of(
            "etcd", annotations: $$"""{"kubernetes.io/config.mirror": "{{Hash}}", "kubernetes.io/config.hash": "{{Hash}}"}"""));
        rig.Cluster.Pods.Put(PodJson.Of("liar", annotations: """{"kubernetes.io/config.hash": "uid-victim"}"""));

        await rig.FollowAsync();

        Assert.True(rig.Board.Newest.Find(Hash) is { Name: "etcd", IsStatic: true });
        Assert.NotNull(rig.Find("liar"));
        Assert.Null(rig.Board.Newest.Find("uid-victim"));
    }

    [Fact]
    public async Task What_is_wrong_with_the_mirror_of_a_static_Pod_is_told_where_kubectl_describe_looks()
    {
        const string Hash = "0123456789abcdef0123456789abcdef";
        await using var rig = await ApiRig.StartAsync();
        rig.Cluster.Pods.Put(PodJson.Of(
            "etcd",
            annotations: $$"""{"kubernetes.io/config.mirror": "{{Hash}}", "kubernetes.io/config.hash": "{{Hash}}", "nodereaper.io/kill-priority": "lots"}"""));
        await rig.FollowAsync();
        Assert.Equal(Hash, Assert.Single(rig.Problems).Uid);
    }

    [Fact]
    public async Task A_list_that_comes_in_pages_is_complete()
    {
        await using var rig = await ApiRig.StartAsync();
        for (var i = 0; i < 1200; i++)
        {
            rig.Cluster.Pods.Put(PodJson.Of($"p{i}"));
        }

        // The cache is not to be had: etcd is asked, which answers in pages.
        rig.Cluster.Script.Next(ApiVerb.ListPods, Faults.Status(504, "Timeout", "Too large resource version: 7, current: 6"));
        await rig.FollowAsync();

        await Soon.Until(() => rig.Board.Newest.Pods.Count == 1200);
        Assert.Equal(2, rig.Cluster.Requests.Count(request => request.Target.Contains("&continue=", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_long_list_comes_compressed_and_is_read()
    {
        await using var rig = await ApiRig.StartAsync();
        for (var i = 0; i < 300; i++)
        {
            rig.Cluster.Pods.Put(PodJson.Of($"p{i}"));
        }

        using var handler = rig.Access.CreateHandler(ApiRig.Impatient);
        handler.AutomaticDecompression = System.Net.DecompressionMethods.None;
        using var plain = new HttpClient(handler);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{rig.Url}api/v1/pods");
        request.Headers.Add("Authorization", "Bearer first");
        request.Headers.Add("Accept-Encoding", "gzip");
        using var answer = await plain.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(["gzip"], answer.Content.Headers.ContentEncoding);

        await rig.FollowAsync();
        await Soon.Until(() => rig.Board.Newest.Pods.Count == 300);
    }

    [Fact]
    public async Task A_page_that_has_expired_begins_the_list_anew()
    {
        await using var rig = await ApiRig.StartAsync();
        for (var i = 0; i < 600; i++)
        {
            rig.Cluster.Pods.Put(PodJson.Of($"p{i}"));
        }

        rig.Cluster.Script.Next(ApiVerb.ListPods, Faults.Status(410, "Expired", "the cache is not ready"), async context =>
        {
            rig.Cluster.Pods.Pass();
            rig.Cluster.Pods.Compact();
            await Answers.JsonAsync(context, 200, """{"kind":"PodList","metadata":{"resourceVersion":"1","continue":"1-1"},"items":[]}""");
        });
        await rig.FollowAsync();

        await Soon.Until(() => rig.Board.Newest.Pods.Count == 600);
    }

    [Fact]
    public async Task A_server_that_ends_all_watches_in_good_order_is_not_asked_by_all_at_once()
    {
        const string Bookmark = """{"type":"BOOKMARK","object":{"kind":"Pod","metadata":{"resourceVersion":"1000"}}}""";
        await using var rig = await ApiRig.StartAsync();
        rig.Cluster.Script.Next(ApiVerb.WatchPods, [.. Enumerable.Repeat(Faults.Body(200, Bookmark + "\n"), 8)]);
        var began = DateTime.UtcNow;
        await rig.FollowAsync(ApiRig.Impatient with { FirstDelay = TimeSpan.FromMilliseconds(500) });

        await Soon.Until(() => rig.Cluster.Count(ApiVerb.WatchPods) > 8);

        // Eight times up to half a second, by chance.
        Assert.True(DateTime.UtcNow - began > TimeSpan.FromMilliseconds(400), $"{DateTime.UtcNow - began}");
        Assert.DoesNotContain(rig.Log.Lines, line => line.StartsWith("Warning", StringComparison.Ordinal));
    }
}
