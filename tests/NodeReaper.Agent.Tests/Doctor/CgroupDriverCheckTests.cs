using NodeReaper.Agent.Doctor;

namespace NodeReaper.Agent.Tests.Doctor;

public sealed class CgroupDriverCheckTests : IDisposable
{
    private const string Id = "9c1f0e4b5d3a2c6f7e8d9b0a1c2d3e4f5a6b7c8d9e0f1a2b3c4d5e6f7a8b9c0d";
    private readonly TemporaryFolder _root = new();

    public void Dispose() => _root.Dispose();

    [Theory]
    [InlineData("kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1_2.slice/cri-containerd-" + Id + ".scope")]
    [InlineData("kubepods/burstable/pod1-2/" + Id)]
    [InlineData("system.slice/containerd.service/not-kubepods-pod1.slice:cri-containerd:" + Id)]
    [InlineData("system.slice/containerd.service/kubepods-pod1_2.slice:other:" + Id)]
    public void Where_the_drivers_agree_all_is_well(string container)
    {
        Make(container);
        Assert.Equal(DoctorStatus.Ok, CgroupDriverCheck.Of(_root.Path, 1).Status);
    }

    [Theory]
    [InlineData("system.slice/containerd.service/kubepods-burstable-pod1_2.slice:cri-containerd:" + Id)]
    [InlineData("system.slice/crio.service/kubepods-pod1_2.slice:crio:" + Id)]
    [InlineData("kubepods-besteffort-pod1_2.slice:cri-containerd:" + Id)]
    public void Containers_that_are_astray_are_told_with_the_fix(string container)
    {
        Make(container);
        Make("kubepods.slice/kubepods-pod3.slice");
        var check = CgroupDriverCheck.Of(_root.Path, 0);
        Assert.Equal(DoctorStatus.Failed, check.Status);
        Assert.Contains($"1 container(s) are outside of their Pods' cgroups and are never chosen, such as {container}", check.Detail, StringComparison.Ordinal);
        Assert.Contains("SystemdCgroup = true", check.Fix, StringComparison.Ordinal);

        // Leftovers from before it was set right do not keep the agent from protecting the others.
        Assert.Equal(DoctorStatus.Warning, CgroupDriverCheck.Of(_root.Path, 1).Status);
    }

    private void Make(string path) => Directory.CreateDirectory(_root.PathOf(path));
}
