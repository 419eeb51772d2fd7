using NodeReaper.Engine.Candidates;

namespace NodeReaper.Engine.Tests.Candidates;

public sealed class KubepodsPlaceTests
{
    private const string Id = "9c1f0e4b5d3a2c6f7e8d9b0a1c2d3e4f5a6b7c8d9e0f1a2b3c4d5e6f7a8b9c0d";

    [Theory]
    [InlineData("/sys/fs/cgroup", KubepodsLevel.Other)]
    [InlineData("/sys/fs/cgroup/kubepods", KubepodsLevel.Root)]
    [InlineData("/sys/fs/cgroup/kubepods/", KubepodsLevel.Root)]
    [InlineData("/sys/fs/cgroup/kubepods/burstable", KubepodsLevel.Burstable)]
    [InlineData("/sys/fs/cgroup/kubepods/besteffort", KubepodsLevel.BestEffort)]
    [InlineData("/sys/fs/cgroup/kubepods/besteffort/pod1-2", KubepodsLevel.Pod)]
    [InlineData("/sys/fs/cgroup/kubepods/pod1-2", KubepodsLevel.Pod)]
    [InlineData("/sys/fs/cgroup/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1_2.slice", KubepodsLevel.Pod)]
    [InlineData("/tmp/bound/kubepods-burstable-pod1_2.slice", KubepodsLevel.Pod)]
    [InlineData($"/docker/{Id}/kubelet/kubepods/burstable", KubepodsLevel.Burstable)]

    // Names that mean something within a kubepods tree alone.
    [InlineData("/sys/fs/cgroup/pod1", KubepodsLevel.Other)]
    [InlineData("/sys/fs/cgroup/burstable", KubepodsLevel.Other)]
    [InlineData("/sys/fs/cgroup/besteffort/pod1", KubepodsLevel.Other)]
    [InlineData($"/sys/fs/cgroup/kubepods/pod1/{Id}/pod2", KubepodsLevel.Other)]
    [InlineData("/sys/fs/cgroup/kubepods/other/pod2", KubepodsLevel.Other)]
    public void A_name_is_the_kubelets_in_its_place_only(string path, KubepodsLevel level) => Assert.Equal(level, KubepodsPlace.Of(path).Level);

    [Theory]
    [InlineData($"/sys/fs/cgroup/kubepods/besteffort/pod1/{Id}", true, QosClass.BestEffort)]
    [InlineData($"/sys/fs/cgroup/kubepods/burstable/pod1/{Id}", true, QosClass.Burstable)]
    [InlineData($"/sys/fs/cgroup/kubepods/pod1/{Id}", true, QosClass.Guaranteed)]
    [InlineData($"/sys/fs/cgroup/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod1.slice/cri-containerd-{Id}.scope", true, QosClass.BestEffort)]
    [InlineData($"/sys/fs/cgroup/kubepods/burstable/pod1/{Id}/container", false, QosClass.Guaranteed)]
    [InlineData($"/sys/fs/cgroup/kubepods/burstable/pod1/crio-conmon-{Id}.scope", false, QosClass.Guaranteed)]
    [InlineData($"/sys/fs/cgroup/system.slice/docker-{Id}.scope", false, QosClass.Guaranteed)]
    public void A_container_is_right_below_its_Pod_and_the_way_tells_its_QoS_class(string path, bool isContainer, QosClass qosClass) =>
        Assert.Equal(new KubepodsPlace(KubepodsLevel.Other, qosClass, isContainer), KubepodsPlace.Of(path));
}
