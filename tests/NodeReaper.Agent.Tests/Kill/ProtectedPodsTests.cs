using NodeReaper.Agent.Kill;
using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Policy;

namespace NodeReaper.Agent.Tests.Kill;

public sealed class ProtectedPodsTests
{
    private const string Pod = "/sys/fs/cgroup/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod0b5d3f6a_11c1.slice";

    private static readonly ReapPolicy s_policy = new() { Wishes = new WishPolicy { Namespaces = ["data"] } };

    [Theory]
    [InlineData("data", $"{Pod}/cri-containerd-aaaa.scope", "data/cache-0")]
    [InlineData("data", $"{Pod}/cri-containerd-aaaa.scope/container", "data/cache-0")]
    [InlineData("data", $"{Pod}/cri-containerd-bbbb.scope", null)]
    [InlineData("data", "/sys/fs/cgroup/kubepods/besteffort/pod0b5d3f6a-11c1/aaaaaaaaaaaa", "data/cache-0")]
    [InlineData("shop", $"{Pod}/cri-containerd-aaaa.scope", null)]
    [InlineData("kube-system", $"{Pod}/cri-containerd-bbbb.scope", "kube-system/cache-0")]
    [InlineData("data", "/sys/fs/cgroup/system.slice/some.service", null)]
    [InlineData("data", "/sys/fs/cgroup/kubepods/besteffort/podunknown/aaaaaaaaaaaa", null)]
    [InlineData("data", "/", null)]
    public void A_cgroup_is_protected_when_the_policy_protects_its_container(string podNamespace, string cgroup, string? expected)
    {
        ContainerFacts[] containers =
        [
            new("cache", "aaaa", 0, null, KillPriority.Never),
            new("exporter", "bbbb", 0, null, KillPriority.Default),
        ];
        var pod = new PodFacts("0b5d3f6a-11c1", podNamespace, "cache-0", QosClass.BestEffort, 0, null, KillPriority.Default, containers);

        Assert.Equal(expected, new ProtectedPods(s_policy, new PodSnapshot([pod])).Find(cgroup));
    }

    [Fact]
    public void Without_Pods_nothing_is_known_to_be_protected() =>
        Assert.Null(new ProtectedPods(s_policy, PodSnapshot.Empty).Find($"{Pod}/cri-containerd-aaaa.scope"));
}
