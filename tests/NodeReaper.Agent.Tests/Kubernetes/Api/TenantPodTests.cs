using System.Text.Json.Nodes;
using NodeReaper.Agent.Kubernetes.Api;
using NodeReaper.TestApiServer;

namespace NodeReaper.Agent.Tests.Kubernetes.Api;

/// <summary>What a tenant can put into a Pod or leave behind does not take the other Pods from the agent.</summary>
public sealed class TenantPodTests
{
    // 1.4 MB, which etcd takes; as the API server writes it, 8.4 MB.
    private static readonly string s_angles = new('<', 1_400_000);

    // Megabytes take their time on a busy machine.
    private static readonly ApiTimings s_patient = ApiRig.Impatient with { Request = TimeSpan.FromSeconds(30), Silence = TimeSpan.FromSeconds(30) };

    [Fact]
    public async Task A_Pod_that_is_too_large_is_passed_over_in_the_list_and_in_the_watch_and_what_was_known_of_it_stays()
    {
        await using var rig = await ApiRig.StartAsync();
        rig.Cluster.Pods.Put(PodJson.Of("a"));
        rig.Cluster.Pods.Put(Large("large"));
        rig.Cluster.Pods.Put(PodJson.Of("known", priority: 4));
        rig.Cluster.Pods.Put(PodJson.Of("z"));
        await rig.FollowAsync(s_patient);
        await rig.Knows("a", "known", "z");

        rig.Cluster.Pods.Put(Large("known"));
        rig.Cluster.Pods.Put(PodJson.Of("after"));
        await rig.Knows("a", "after", "known", "z");
        Assert.Equal(4, rig.Find("known")!.Priority);
        Assert.Equal(
            [
                "Pod shop/large cannot be read: it has more than 4 MiB; what was last known of it stays",
                "Pod shop/known cannot be read: it has more than 4 MiB; what was last known of it stays",
            ],
            rig.Problems.Select(problem => problem.Message));
        Assert.Equal(["uid-large", "uid-known"], rig.Problems.Select(problem => problem.Uid));

        // The end of such a Pod is no news that is too large to be heard.
        rig.Cluster.Pods.Delete("shop", "known");
        await rig.Knows("a", "after", "z");
        Assert.Equal((1, 1), (rig.Cluster.Count(ApiVerb.ListPods), rig.Cluster.Count(ApiVerb.WatchPods)));
    }

    [Fact]
    public async Task A_list_keeps_what_was_known_of_a_Pod_that_has_become_too_large()
    {
        await using var rig = await ApiRig.StartAsync();
        rig.Cluster.Pods.Put(PodJson.Of("known", priority: 4));
        await rig.FollowAsync(s_patient);
        await Soon.Until(() => rig.Cluster.Count(ApiVerb.WatchPods) == 1);
        rig.Cluster.Script.Next(ApiVerb.WatchPods, Faults.Status(410, "Expired", "too old resource version"));
        rig.Cluster.BreakWatches();
        rig.Cluster.Pods.Put(Large("known"));
        rig.Cluster.Pods.Put(PodJson.Of("b"));

        await rig.Knows("b", "known");
        Assert.Equal(4, rig.Find("known")!.Priority);
    }

    [Fact]
    public async Task However_deep_managedFields_are_the_Pods_are_read()
    {
        const int Depth = 5000;
        await using var rig = await ApiRig.StartAsync();
        var deep = PodJson.Of("deep");
        rig.Cluster.Script.Next(ApiVerb.ListPods, Faults.Body(200, $$"""
            {"kind": "PodList", "metadata": {"resourceVersion": "1000"}, "items": [
            {{deep.ToJsonString().Replace("""{"f:status":{}}""", string.Concat(Enumerable.Repeat("""{"f:a":""", Depth)) + "{}" + new string('}', Depth), StringComparison.Ordinal)}} ] }
            """));
        await rig.FollowAsync();
        await rig.Knows("deep");
    }

    [Fact]
    public async Task However_many_containers_a_tenants_Pods_have_the_other_Pods_are_known()
    {
        await using var rig = await ApiRig.StartAsync();
        for (var i = 0; i < 200; i++)
        {
            rig.Cluster.Pods.Put(Wide($"wide-{i}", 1000));
        }

        rig.Cluster.Pods.Put(PodJson.Of("z"));
        await rig.FollowAsync(s_patient);
        await Soon.Until(() => rig.Find("z") is not null);
        rig.Cluster.Pods.Put(PodJson.Of("a"));
        await Soon.Until(() => rig.Find("a") is not null);

        Assert.InRange(rig.Board.Newest.Pods.Sum(pod => pod.Containers.Count), 15_000, 20_000);
        Assert.Contains(rig.Problems, problem => problem.Message.Contains("there would be more than 20000", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Whatever_number_of_Pods_that_have_ended_is_left_none_of_them_is_known()
    {
        await using var rig = await ApiRig.StartAsync();
        rig.Cluster.IgnoresSelector = true;
        for (var i = 0; i < 12_000; i++)
        {
            rig.Cluster.Pods.Put(InPhase($"failed-{i}", i % 2 == 0 ? "Failed" : "Succeeded"));
        }

        rig.Cluster.Pods.Put(PodJson.Of("z"));
        await rig.FollowAsync(s_patient);
        await rig.Knows("z");
        Assert.Empty(rig.Problems);
    }

    [Fact]
    public async Task A_Pod_that_ends_is_forgotten()
    {
        await using var rig = await ApiRig.StartAsync();
        rig.Cluster.Pods.Put(PodJson.Of("job"));
        await rig.FollowAsync();
        await rig.Knows("job");
        rig.Cluster.Pods.Put(InPhase("job", "Succeeded"));
        await rig.Knows();
    }

    private static JsonObject Large(string name)
    {
        var pod = PodJson.Of(name, priority: 5);
        pod["spec"]!["containers"]![0]!["env"] = new JsonArray(new JsonObject { ["name"] = "X", ["value"] = s_angles });
        return pod;
    }

    private static JsonObject Wide(string name, int containers)
    {
        var pod = PodJson.Of(name);
        pod["spec"]!["containers"] = new JsonArray([.. Enumerable.Range(0, containers).Select(i => new JsonObject { ["name"] = $"c{i}" })]);
        pod["spec"]!["initContainers"] = null;
        return pod;
    }

    private static JsonObject InPhase(string name, string phase)
    {
        var pod = PodJson.Of(name);
        pod["status"]!["phase"] = phase;
        return pod;
    }
}
