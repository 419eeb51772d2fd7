using System.Text.Json;
using NodeReaper.Agent.Explain;
using NodeReaper.Agent.Kill;
using NodeReaper.Agent.Reporting;
using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Policy;

namespace NodeReaper.Agent.Tests.Kill;

public sealed class ProtectedPodsTests
{
    private const string Pod = "/sys/fs/cgroup/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod0b5d3f6a_11c1.slice";

    private const string StaticUid = "2f5c1d1f8a9b4c0e6d7f3a2b1c0d9e8f";

    private static readonly ReapPolicy s_policy = new() { Wishes = new WishPolicy { Namespaces = ["data"] } };

    [Theory]
    [InlineData("data", $"{Pod}/cri-containerd-aaaa.scope", true)]
    [InlineData("data", $"{Pod}/cri-containerd-aaaa.scope/container", true)]
    [InlineData("data", $"{Pod}/cri-containerd-bbbb.scope", false)]
    [InlineData("data", "/sys/fs/cgroup/kubepods/besteffort/pod0b5d3f6a-11c1/aaaaaaaaaaaa", true)]
    [InlineData("shop", $"{Pod}/cri-containerd-aaaa.scope", false)]
    [InlineData("kube-system", $"{Pod}/cri-containerd-bbbb.scope", true)]
    [InlineData("data", "/sys/fs/cgroup/system.slice/some.service", false)]
    [InlineData("data", "/sys/fs/cgroup/pod0b5d3f6a-11c1/aaaaaaaaaaaa", false)]
    [InlineData("data", "/sys/fs/cgroup/kubepods/besteffort/podunknown/aaaaaaaaaaaa", false)]
    [InlineData("data", "/", false)]
    public void A_cgroup_is_protected_when_the_policy_protects_its_container(string podNamespace, string cgroup, bool isProtected)
    {
        ContainerFacts[] containers =
        [
            new("cache", "aaaa", 0, null, KillPriority.Never),
            new("exporter", "bbbb", 0, null, KillPriority.Default),
        ];
        var pod = new PodFacts("0b5d3f6a-11c1", podNamespace, "cache-0", QosClass.BestEffort, 0, null, KillPriority.Default, containers);

        Assert.Equal(
            isProtected ? $"its Pod {podNamespace}/cache-0 is protected" : null,
            new ProtectedPods(s_policy, new PodSnapshot([pod])).Find(cgroup, isNodeCritical: false));
    }

    [Theory]
    [InlineData($"{Pod}/cri-containerd-aaaa.scope", false, null)]
    [InlineData($"{Pod}/cri-containerd-aaaa.scope", true, "its Pod 0b5d3f6a-11c1 has the OOM score of system-node-critical, which is protected")]
    [InlineData("/sys/fs/cgroup/kubepods/pod0b5d3f6a-11c1/aaaaaaaaaaaa", true, null)]
    [InlineData("/sys/fs/cgroup/system.slice/some.service", true, null)]
    [InlineData($"/sys/fs/cgroup/kubepods/burstable/pod{StaticUid}/aaaaaaaaaaaa", false, $"its Pod {StaticUid} is a static one, which are protected")]
    public void Of_a_Pod_that_is_not_known_the_path_and_the_OOM_score_tell(string cgroup, bool isNodeCritical, string? expected) =>
        Assert.Equal(expected, new ProtectedPods(s_policy, PodSnapshot.Empty).Find(cgroup, isNodeCritical));

    [Fact]
    public void A_policy_that_does_not_protect_static_Pods_is_heard()
    {
        var policy = s_policy with { Protect = s_policy.Protect with { StaticPods = false } };
        Assert.Null(new ProtectedPods(policy, PodSnapshot.Empty).Find($"/sys/fs/cgroup/kubepods/burstable/pod{StaticUid}/aaaaaaaaaaaa", isNodeCritical: false));
    }

    [Theory]
    [InlineData("aaaa", "the running agent spares its Pod kube-system/dns: protected: namespace kube-system")]
    [InlineData("bbbb", null)]
    public void The_running_agent_tells_of_Pods_that_nobody_else_told_of(string containerId, string? expected)
    {
        var agent = new RunningAgent(() => Task.FromResult<ExplainDocument?>(Explained("aaaa", "protected", "bbbb", "quarantined")));
        Assert.Equal(expected, new ProtectedPods(s_policy, PodSnapshot.Empty, agent).Find($"{Pod}/cri-containerd-{containerId}.scope", isNodeCritical: false));
    }

    [Fact]
    public void An_agent_that_does_not_run_or_answer_keeps_nobody_from_a_kill()
    {
        foreach (var agent in (RunningAgent[])[new(() => Task.FromResult<ExplainDocument?>(null)), new(() => throw new IOException("busy")), new(() => throw new JsonException("another version"))])
        {
            Assert.Null(new ProtectedPods(s_policy, PodSnapshot.Empty, agent).Find($"{Pod}/cri-containerd-aaaa.scope", isNodeCritical: false));
        }
    }

    private static ExplainDocument Explained(string first, string firstExclusion, string second, string secondExclusion) => new()
    {
        Time = default,
        Source = ExplainDocuments.OfAgent,
        Strategy = "hold",
        Pressure = new ExplainedPressure(null, null, 0, 0, 0, 0, 0, 0),
        Excluded = [Spared(first, firstExclusion), Spared(second, secondExclusion)],
    };

    private static SparedContainer Spared(string containerId, string exclusion) => new(
        $"{exclusion}: namespace kube-system",
        new IncidentCandidate
        {
            Namespace = "kube-system",
            Pod = "dns",
            PodUid = "0b5d3f6a-11c1",
            ContainerId = containerId,
            QosClass = "BestEffort",
            Exclusion = exclusion,
        });
}
