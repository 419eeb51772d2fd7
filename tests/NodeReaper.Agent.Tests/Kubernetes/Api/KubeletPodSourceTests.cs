using NodeReaper.Agent.Hosting;
using NodeReaper.Agent.Kubernetes.Api;
using NodeReaper.TestApiServer;

namespace NodeReaper.Agent.Tests.Kubernetes.Api;

public sealed class KubeletPodSourceTests
{
    [Fact]
    public async Task The_kubelet_is_asked_again_and_again_and_its_Pods_stay_while_it_is_away()
    {
        await using var rig = await ApiRig.StartAsync();
        rig.Cluster.Pods.Put(PodJson.Of("a"));
        var log = new RecordingLogger<KubeletPodSource>();
        var board = new PodBoard();
        using var source = new KubeletPodSource(rig.Client(), ApiRig.Impatient, board, null, log);
        await source.StartAsync(TestContext.Current.CancellationToken);
        Assert.NotNull(board.Newest.Find("uid-a"));

        rig.Cluster.Pods.Put(PodJson.Of("b"));
        await Soon.Until(() => board.Newest.Find("uid-b") is not null);

        rig.Cluster.Script.Always(ApiVerb.KubeletPods, Faults.Body(401, "Unauthorized"));
        rig.Cluster.Pods.Delete("shop", "a");
        await Soon.Until(() => log.Lines.Any(line => line.Contains(": 401 Unauthorized; the Pods stay as they were", StringComparison.Ordinal)));
        Assert.NotNull(board.Newest.Find("uid-a"));

        rig.Cluster.Script.End(ApiVerb.KubeletPods);
        await Soon.Until(() => board.Newest.Find("uid-a") is null);
        await source.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task A_static_Pod_has_the_UID_of_its_cgroup_there()
    {
        const string Hash = "0123456789abcdef0123456789abcdef";
        await using var rig = await ApiRig.StartAsync();
        rig.Cluster.Pods.Put(PodJson.Of(
            "etcd", uid: Hash, annotations: $$"""{"kubernetes.io/config.hash": "{{Hash}}", "kubernetes.io/config.source": "file"}"""));
        var board = new PodBoard();
        using var source = new KubeletPodSource(rig.Client(), ApiRig.Impatient, board, null, new RecordingLogger<KubeletPodSource>());
        await source.StartAsync(TestContext.Current.CancellationToken);
        Assert.True(board.Newest.Find(Hash)?.IsStatic);
        await source.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task What_has_ended_is_not_known()
    {
        await using var rig = await ApiRig.StartAsync();
        var over = PodJson.Of("over");
        over["status"]!["phase"] = "Failed";
        rig.Cluster.Pods.Put(over);
        rig.Cluster.Pods.Put(PodJson.Of("a"));
        var board = new PodBoard();
        using var source = new KubeletPodSource(rig.Client(), ApiRig.Impatient, board, null, new RecordingLogger<KubeletPodSource>());
        await source.StartAsync(TestContext.Current.CancellationToken);
        Assert.Equal("a", Assert.Single(board.Newest.Pods).Name);
        await source.StopAsync(CancellationToken.None);
    }
}
