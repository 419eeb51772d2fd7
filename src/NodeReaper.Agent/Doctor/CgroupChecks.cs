using NodeReaper.Engine.Candidates;
using NodeReaper.Kernel.Cgroups;
using NodeReaper.Kernel.Syscalls;

namespace NodeReaper.Agent.Doctor;

/// <summary>Checks of the cgroup tree.</summary>
internal static class CgroupChecks
{
    internal static IEnumerable<DoctorCheck> All(string cgroupRoot, string procRoot, Confinement confinement)
    {
        var controllers = Path.Combine(cgroupRoot, "cgroup.controllers");
        if (!File.Exists(controllers))
        {
            var isV1 = Directory.Exists(Path.Combine(cgroupRoot, "memory"));
            yield return DoctorCheck.Failed(
                "cgroup",
                isV1 ? $"{cgroupRoot} is cgroup v1" : $"{cgroupRoot} is no cgroup v2 mount",
                isV1
                    ? "boot with systemd.unified_cgroup_hierarchy=1 (cgroup v2)"
                    : "set --cgroup-root to where cgroup v2 is mounted; in a container, mount the host's /sys/fs/cgroup");
            yield break;
        }

        yield return DoctorCheck.Ok("cgroup", $"{cgroupRoot} is cgroup v2");
        yield return File.ReadAllText(controllers).Split([' ', '\n']).Contains("memory")
            ? DoctorCheck.Ok("memory controller", "there")
            : DoctorCheck.Failed(
                "memory controller", $"not among the controllers of {cgroupRoot}", "boot without cgroup_disable=memory, and with cgroup v1's memory controller not mounted");
        foreach (var check in Kubepods(cgroupRoot, procRoot, confinement))
        {
            yield return check;
        }
    }

    private static IEnumerable<DoctorCheck> Kubepods(string cgroupRoot, string procRoot, Confinement confinement)
    {
        using var tree = new KubepodsTree(cgroupRoot);
        tree.Discover();
        tree.Refresh();
        yield return CgroupDriverCheck.Of(cgroupRoot, tree.Containers.Length);
        if (tree.TreeCount == 0)
        {
            yield return NoKubepods(cgroupRoot, isInPod: Environment.GetEnvironmentVariable("KUBERNETES_SERVICE_HOST") is { Length: > 0 });
            yield break;
        }

        yield return DoctorCheck.Ok("kubepods", $"{tree.Containers.Length} container(s) in {string.Join(", ", tree.Trees)}");
        foreach (var path in tree.Trees)
        {
            yield return Writable(Path.Combine(cgroupRoot, path), confinement);
        }

        yield return Visible(tree);
        yield return ReachCheck.Of(tree, procRoot, confinement);
    }

    // A Pod is itself in such a tree: who is in one and sees none looks at the wrong place.
    internal static DoctorCheck NoKubepods(string cgroupRoot, bool isInPod) => isInPod
        ? DoctorCheck.Failed(
            "kubepods",
            $"no kubepods tree below {cgroupRoot}, though this is a Pod: that is not the node's cgroup file system",
            "mount the node's /sys/fs/cgroup (chart: hostPaths.cgroup), and set --cgroup-root to where it is mounted")
        : DoctorCheck.Warning("kubepods", $"no kubepods tree below {cgroupRoot}", "start the kubelet; until then there is nobody to kill");

    /// <summary>What to do when cgroup.kill cannot be opened for writing.</summary>
    internal static string WritableAdvice(Errno error, Confinement confinement)
    {
        if (error == Errno.ENOENT)
        {
            return "use Linux 5.14 or later";
        }

        return error == Errno.EACCES || error == Errno.EPERM
            ? confinement.AdviceOr("run as root, or with CAP_DAC_OVERRIDE")
            : "mount the cgroup file system read-write";
    }

    private static DoctorCheck Writable(string path, Confinement confinement)
    {
        var cgroup = CgroupDirectory.Open(path, out var error);
        var opened = cgroup.IsOpen ? cgroup.Descriptor.OpenWriteAt("cgroup.kill\0"u8) : SyscallResult.Failed(error);
        if (opened.Succeeded)
        {
            new FileDescriptor((int)opened.Value).Close();
        }

        cgroup.Close();
        return opened.Succeeded
            ? DoctorCheck.Ok("cgroup.kill", $"{path}/cgroup.kill can be written")
            : DoctorCheck.Warning(
                "cgroup.kill",
                $"{path}/cgroup.kill: {opened.Error}: processes are killed one by one",
                WritableAdvice(opened.Error, confinement));
    }

    // A PID namespace of its own would hide the victims from the agent.
    private static DoctorCheck Visible(KubepodsTree tree)
    {
        var processes = new CgroupProcesses(32768);
        var foreign = 0;
        foreach (var container in tree.Containers)
        {
            _ = processes.Read(container.Directory);
            foreign += processes.ForeignCount;
        }

        return foreign == 0
            ? DoctorCheck.Ok("pid namespace", "every process of every container can be named")
            : DoctorCheck.Failed("pid namespace", $"{foreign} process(es) are of a PID namespace outside this one", "set hostPID: true");
    }
}
