using NodeReaper.Agent.Doctor;
using NodeReaper.Agent.Kubernetes.Api;
using NodeReaper.Agent.Options;
using NodeReaper.TestApiServer;

namespace NodeReaper.Agent.Tests.Kubernetes.Api;

public sealed class ClusterChecksTests
{
    [Fact]
    public async Task What_is_granted_is_said()
    {
        await using var rig = await ApiRig.StartAsync();
        var checks = await ChecksAsync(rig);
        Assert.Equal(
            ["API server", "list Pods", "watch Pods", "create Events", "patch Events", "evict Pods"], checks.Select(check => check.Name));
        Assert.All(checks, check => Assert.Equal(DoctorStatus.Ok, check.Status));
    }

    [Theory]
    [InlineData("list pods", "list Pods", "without priorities and annotations")]
    [InlineData("watch pods", "watch Pods", "stay as they were")]
    [InlineData("create events.k8s.io/events", "create Events", "nobody is told")]
    [InlineData("patch events.k8s.io/events", "patch Events", "how often")]
    [InlineData("create pods/eviction", "evict Pods", "nobody is evicted")]
    public async Task What_is_forbidden_is_said_with_what_does_not_work_and_how_to_mend_it(string denied, string name, string without)
    {
        await using var rig = await ApiRig.StartAsync();
        rig.Cluster.Denied.Add(denied);
        var check = Assert.Single(await ChecksAsync(rig), check => check.Status == DoctorStatus.Warning);
        Assert.Equal(name, check.Name);
        Assert.Contains(without, check.Detail, StringComparison.Ordinal);
        Assert.Contains("docs/cluster.md#rights", check.Fix, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_does_not_answer_or_answers_nonsense_fails_nothing()
    {
        await using var rig = await ApiRig.StartAsync();
        rig.Cluster.Script.Next(ApiVerb.ReviewAccess, Faults.Body(201, "<html>"), Faults.Reset, Faults.Status(401, "Unauthorized", "Unauthorized"));
        for (var i = 0; i < 3; i++)
        {
            var check = Assert.Single(await ChecksAsync(rig));
            Assert.Equal(("API server", DoctorStatus.Warning), (check.Name, check.Status));
        }
    }

    [Theory]
    [InlineData("get nodes", "get Nodes")]
    [InlineData("patch nodes", "patch Nodes")]
    [InlineData("patch nodes/status", "patch Nodes' status")]
    public async Task The_rights_of_marks_are_asked_for_where_the_policy_wants_marks(string denied, string name)
    {
        await using var rig = await ApiRig.StartAsync();
        rig.Cluster.Denied.Add(denied);
        var check = Assert.Single(await ChecksAsync(rig, new NodeOptions { Condition = true, Taint = true }), check => check.Status == DoctorStatus.Warning);
        Assert.Equal(name, check.Name);
        Assert.All(await ChecksAsync(rig), check => Assert.Equal(DoctorStatus.Ok, check.Status));
    }

    [Fact]
    public async Task What_the_policy_does_not_want_is_not_asked_for()
    {
        await using var rig = await ApiRig.StartAsync();
        var little = new AgentOptions { Events = new() { Send = false }, AfterKill = new() { Evict = false, EvictAfter = 0 } };
        var checks = await ClusterChecks.AllAsync(rig.Access, little, knowsPods: false, ApiRig.Impatient, TestContext.Current.CancellationToken);
        Assert.Equal("API server", Assert.Single(checks).Name);
    }

    [Fact]
    public async Task The_kubelet_is_asked_for_its_Pods()
    {
        await using var rig = await ApiRig.StartAsync();
        var answered = await ClusterChecks.KubeletAsync(rig.Access, ApiRig.Impatient, TestContext.Current.CancellationToken);
        Assert.Equal(DoctorStatus.Ok, answered.Status);
        rig.Cluster.Script.Always(ApiVerb.KubeletPods, Faults.Body(403, "Forbidden"));
        var refused = await ClusterChecks.KubeletAsync(rig.Access, ApiRig.Impatient, TestContext.Current.CancellationToken);
        Assert.Equal(DoctorStatus.Warning, refused.Status);
    }

    private static Task<IReadOnlyList<DoctorCheck>> ChecksAsync(ApiRig rig, NodeOptions? marks = null) => ClusterChecks.AllAsync(
        rig.Access,
        new AgentOptions { Node = marks ?? new NodeOptions() },
        knowsPods: true,
        ApiRig.Impatient,
        TestContext.Current.CancellationToken);
}
