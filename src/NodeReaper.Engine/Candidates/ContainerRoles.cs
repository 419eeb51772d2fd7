using NodeReaper.Engine.Killing;
using NodeReaper.Kernel.Cgroups;

namespace NodeReaper.Engine.Candidates;

/// <summary>
/// Tells what runs in a container's cgroup by looking at its processes. This is done once for each container; the
/// killer looks at every process again before it kills.
/// </summary>
public sealed class ContainerRoles
{
    private const int LookedAt = 256;

    private readonly CgroupProcesses _processes = new(LookedAt);
    private readonly ProcessGuard _guard;

    /// <summary>Makes one.</summary>
    /// <param name="guard">What tells system processes.</param>
    public ContainerRoles(ProcessGuard guard) => _guard = guard;

    /// <summary>Tells what runs in a cgroup. Allocates nothing.</summary>
    /// <param name="cgroup">The container's cgroup.</param>
    /// <param name="freeableBytes">What a kill of it would give back, in bytes.</param>
    /// <param name="isNodeCritical">True when the kubelet gave it the OOM score of what the node cannot do without.</param>
    public ContainerRole Tell(CgroupDirectory cgroup, long freeableBytes, out bool isNodeCritical)
    {
        isNodeCritical = false;
        if (!_processes.Read(cgroup).IsNone)
        {
            return ContainerRole.Unknown;
        }

        var role = _processes.ForeignCount > 0 ? ContainerRole.App : ContainerRole.Unknown;
        foreach (var processId in _processes.Ids)
        {
            switch (_guard.Check(processId, freeableBytes))
            {
                case Refusal.None:
                    role = ContainerRole.App;
                    isNodeCritical |= _guard.IsNodeCritical(processId);
                    break;
                case Refusal.Self:
                    return ContainerRole.Own;
                case Refusal.Sandbox:
                    return ContainerRole.Sandbox;
                case Refusal.Init or Refusal.SystemProcess:
                    return ContainerRole.System;
                case Refusal.Starting:
                    return ContainerRole.Starting;
                default:
                    break;
            }
        }

        // Whoever hides where we do not look is there all the same.
        return role == ContainerRole.Unknown && !_processes.IsComplete && cgroup.IsPopulated() ? ContainerRole.App : role;
    }
}
