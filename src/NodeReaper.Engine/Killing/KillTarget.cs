using NodeReaper.Kernel.Cgroups;

namespace NodeReaper.Engine.Killing;

/// <summary>What is to be killed: everything in a cgroup, or one process.</summary>
/// <param name="Cgroup">The cgroup that is killed or, for a process, the one it is alone in, which proves the relief; may be none.</param>
/// <param name="ProcessId">The process; 0 for all of the cgroup.</param>
public readonly record struct KillTarget(CgroupDirectory Cgroup, int ProcessId)
{
    /// <summary>True when everything in the cgroup is to be killed.</summary>
    public bool IsCgroup => ProcessId == 0;

    /// <summary>Everything in a cgroup and below it.</summary>
    public static KillTarget Of(CgroupDirectory cgroup) => new(cgroup, 0);
}
