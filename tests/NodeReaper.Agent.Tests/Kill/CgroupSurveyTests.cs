using NodeReaper.Agent.Kill;
using NodeReaper.Kernel.Cgroups;
using NodeReaper.Kernel.Syscalls;

namespace NodeReaper.Agent.Tests.Kill;

public sealed class CgroupSurveyTests : IDisposable
{
    private const string Id = "9c1f0e4b5d3a2c6f7e8d9b0a1c2d3e4f5a6b7c8d9e0f1a2b3c4d5e6f7a8b9c0d";
    private const string OtherId = "0c1f0e4b5d3a2c6f7e8d9b0a1c2d3e4f5a6b7c8d9e0f1a2b3c4d5e6f7a8b9c0d";

    private readonly TemporaryFolder _root = new();

    public void Dispose() => _root.Dispose();

    [Theory]

    // Wherever the tree is, and whatever the cgroup above it is called.
    [InlineData("nodereaper-demo", "a cluster's Pods are below it, in kubepods.slice", "nodereaper-demo/kubepods.slice/kubepods-besteffort.slice")]
    [InlineData($"docker-{Id}.scope", "a cluster's Pods are below it, in kubelet.slice/kubelet-kubepods.slice", $"docker-{Id}.scope/kubelet.slice/kubelet-kubepods.slice")]
    [InlineData($"kubepods/pod1/{Id}", "a cluster's Pods are below it, in kubepods", $"kubepods/pod1/{Id}/kubepods/burstable")]
    [InlineData("custom", "a cluster's Pods are below it, in a/b/kubepods", "custom/a/b/kubepods")]
    [InlineData("rootless", "a cluster's Pods are below it, in x-kubepods-burstable-pod1.slice", "rootless/x-kubepods-burstable-pod1.slice")]
    [InlineData("docker", $"more than one container is below it, {Id} and ", $"docker/{Id}", $"docker/{OtherId}")]
    [InlineData("machine.slice", "more than one container is below it, ", $"machine.slice/libpod-{Id}.scope/container", $"machine.slice/libpod-{OtherId}.scope")]
    [InlineData("kubepods/burstable/pod1", "the cgroup is the root, a kubepods tree, a QoS class or a Pod", "kubepods/burstable/pod1")]
    [InlineData("kubepods/burstable", "the cgroup is the root, a kubepods tree, a QoS class or a Pod", "kubepods/burstable")]
    [InlineData("kubepods.slice", "the cgroup is the root, a kubepods tree, a QoS class or a Pod", "kubepods.slice")]
    public void More_than_one_container_is_refused(string cgroup, string objection, params string[] directories) =>
        Assert.StartsWith(objection, ObjectionTo(cgroup, directories), StringComparison.Ordinal);

    [Theory]
    [InlineData("pod1", "pod1")]
    [InlineData("burstable", "burstable/below")]
    [InlineData("besteffort", "besteffort/pod1")]
    [InlineData("test.slice", $"test.slice/libpod-{Id}.scope/container", $"test.slice/libpod-conmon-{Id}.scope")]
    [InlineData($"kubepods/burstable/pod1/{Id}", $"kubepods/burstable/pod1/{Id}/container/init.scope", $"kubepods/burstable/pod1/{Id}/pod2")]

    // Docker in a container of a Pod: it is one container all the same.
    [InlineData($"kubepods/burstable/pod1/{Id}", $"kubepods/burstable/pod1/{Id}/docker/{Id}", $"kubepods/burstable/pod1/{Id}/docker/{OtherId}")]
    public void One_container_or_less_is_taken_whatever_it_is_called(string cgroup, params string[] directories) =>
        Assert.Null(ObjectionTo(cgroup, directories));

    [Fact]
    public void The_root_of_all_cgroups_is_refused() =>
        Assert.StartsWith("the cgroup is the root", Survey(CgroupSurvey.ObjectionTo, Make("root", isRoot: true)), StringComparison.Ordinal);

    [Theory]
    [InlineData(1023, true)]
    [InlineData(1024, false)]
    public void What_cannot_be_seen_whole_is_refused(int below, bool isTaken)
    {
        var cgroup = Make("wide");
        for (var i = 0; i < below; i++)
        {
            Directory.CreateDirectory(Path.Combine(cgroup, $"g{i}"));
        }

        Assert.Equal(isTaken ? null : "more cgroups are below it than are looked into, 1024, no deeper than 64; name one container's cgroup", Survey(CgroupSurvey.ObjectionTo, cgroup));
    }

    [Fact]
    public void A_directory_of_cgroup_v1_is_told_and_so_is_what_works_there()
    {
        var cgroup = Make("v1");
        File.WriteAllText(Path.Combine(cgroup, "tasks"), "");
        Assert.Equal($"{cgroup} is of cgroup v1, where nothing can be killed as one; name a process, by --pid", Survey(CgroupSurvey.DefectOf, cgroup));
    }

    [Fact]
    public void A_directory_that_is_no_cgroup_is_told()
    {
        var folder = Directory.CreateDirectory(_root.PathOf("folder")).FullName;
        Assert.Equal($"{folder} is no cgroup: it has no readable cgroup.procs (ENOENT)", Survey(CgroupSurvey.DefectOf, folder));
    }

    [Fact]
    public void An_ordinary_cgroup_has_no_defect() => Assert.Null(Survey(CgroupSurvey.DefectOf, Make("good")));

    private string? ObjectionTo(string cgroup, string[] directories)
    {
        foreach (var directory in directories)
        {
            Directory.CreateDirectory(_root.PathOf(directory));
        }

        return Survey(CgroupSurvey.ObjectionTo, Make(cgroup));
    }

    private string Make(string name, bool isRoot = false)
    {
        var path = Directory.CreateDirectory(_root.PathOf(name)).FullName;
        File.WriteAllText(Path.Combine(path, "cgroup.procs"), "");
        if (!isRoot)
        {
            File.WriteAllText(Path.Combine(path, "cgroup.type"), "domain\n");
        }

        return path;
    }

    private static string? Survey(Func<CgroupDirectory, string, string?> ask, string path)
    {
        var cgroup = CgroupDirectory.Open(path, out var error);
        Assert.Equal(Errno.None, error);
        var answer = ask(cgroup, path);
        cgroup.Close();
        return answer;
    }
}
