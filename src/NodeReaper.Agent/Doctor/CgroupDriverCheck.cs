using NodeReaper.Engine.Candidates;

namespace NodeReaper.Agent.Doctor;

/// <summary>
/// A kubelet with the systemd driver and a runtime with cgroupfs disagree: the runtime takes the slice that the kubelet names for a directory, and
/// makes <c>system.slice/containerd.service/kubepods-podUID.slice:cri-containerd:ID</c>. No limit of the Pod holds there, and nobody looks for
/// its containers there.
/// </summary>
internal static class CgroupDriverCheck
{
    private static readonly EnumerationOptions s_everywhere = new() { RecurseSubdirectories = true, MaxRecursionDepth = 6, AttributesToSkip = 0 };

    /// <summary>Looks for such names.</summary>
    /// <param name="cgroupRoot">Where cgroup v2 is mounted.</param>
    /// <param name="inPods">How many containers are where they should be: with none, nobody would be protected.</param>
    internal static DoctorCheck Of(string cgroupRoot, int inPods)
    {
        var astray = Directory.EnumerateDirectories(cgroupRoot, "kubepods*.slice:*:*", s_everywhere).Where(IsContainer).ToList();
        if (astray.Count == 0)
        {
            return DoctorCheck.Ok("cgroup driver", "no container is outside of its Pod's cgroup");
        }

        var found = $"{astray.Count} container(s) are outside of their Pods' cgroups and are never chosen, such as {Path.GetRelativePath(cgroupRoot, astray[0])}: "
            + "the kubelet has the systemd driver, and the runtime cgroupfs";
        const string Fix = "set SystemdCgroup = true for runc in containerd's configuration (CRI-O: cgroup_manager = \"systemd\"), restart the runtime, "
            + "and start the Pods anew";
        return inPods == 0 ? DoctorCheck.Failed("cgroup driver", found, Fix) : DoctorCheck.Warning("cgroup driver", found, Fix);
    }

    private static bool IsContainer(string path) =>
        Path.GetFileName(path).Split(':') is [var slice, "cri-containerd" or "crio" or "docker" or "libpod", _]
        && KubepodsName.Classify(System.Text.Encoding.UTF8.GetBytes(slice), out _) == KubepodsLevel.Pod;
}
