using System.Diagnostics;
using NodeReaper.Engine.Killing;
using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Pressure;

namespace NodeReaper.Engine.Candidates;

/// <summary>Joins each container's cgroup with its Pod, its memory and what the policy says of it.</summary>
public sealed class CandidateCollector
{
    private static readonly long s_growthOver = Stopwatch.Frequency / 10;
    private readonly MemoryUseReader _reader = new();
    private readonly ContainerRoles _roles;

    /// <summary>Makes one.</summary>
    /// <param name="roles">What tells sandboxes and system processes.</param>
    public CandidateCollector(ContainerRoles roles) => _roles = roles;

    /// <summary>Fills a snapshot. Only the kernel is read; nothing is written.</summary>
    /// <param name="tree">The containers.</param>
    /// <param name="pods">The Pods.</param>
    /// <param name="policy">The policy.</param>
    /// <param name="snapshot">What is filled.</param>
    /// <param name="slice">The slice that is short of memory; null when it is the node.</param>
    public void Collect(KubepodsTree tree, PodSnapshot pods, ReapPolicy policy, CandidateSnapshot snapshot, SlicePressure? slice = null)
    {
        snapshot.Clear();
        foreach (var cgroup in tree.Containers)
        {
            cgroup.Join(pods);
            ref var candidate = ref snapshot.Add();
            candidate.Cgroup = cgroup;
            candidate.Pod = cgroup.Pod;
            candidate.Container = cgroup.Container;
            candidate.QosClass = cgroup.Pod?.QosClass ?? cgroup.QosClass;
            if (cgroup.Pod is { } pod)
            {
                candidate.PodPriority = pod.Priority;
                candidate.KillPriority = Protection.GrantedKillPriority(policy, pod, cgroup.Container);
                candidate.RequestBytes = RequestOf(pod, cgroup.Container);
            }

            candidate.Exclusion = Exclude(ref candidate, policy);
            if (candidate.Exclusion == Exclusion.None && slice?.Holds(cgroup) == false)
            {
                candidate.Exclusion = Exclusion.Elsewhere;
            }
        }

        AddSiblings(snapshot.ToFill);
    }

    private static void AddSiblings(Span<Candidate> all)
    {
        foreach (ref var candidate in all)
        {
            if (candidate.Scope != KillScope.Pod || candidate.Exclusion != Exclusion.None)
            {
                continue;
            }

            foreach (ref readonly var sibling in all)
            {
                candidate.SiblingBytes += sibling.DiesAlongWith(candidate) ? sibling.FreeableBytes : 0;
            }
        }
    }

    private Exclusion Exclude(ref Candidate candidate, ReapPolicy policy)
    {
        var cgroup = candidate.Cgroup;
        var error = cgroup.MemoryFiles.Current.IsOpen
            ? _reader.Read(cgroup.MemoryFiles, out candidate.Memory)
            : _reader.Read(cgroup.Directory, out candidate.Memory);
        if (!error.IsNone)
        {
            return Exclusion.Unreadable;
        }

        candidate.GrowthBytesPerSecond = Growth(cgroup, candidate.FreeableBytes);

        // What was empty or being set up is looked at again, and so is what is too large for a sandbox; the others stay what
        // they are.
        if (cgroup.Role is ContainerRole.Unknown or ContainerRole.Starting
            || (cgroup.Role == ContainerRole.Sandbox && candidate.FreeableBytes >= ProcessGuard.BorrowedNameFromBytes))
        {
            cgroup.Role = _roles.Tell(cgroup.Directory, candidate.FreeableBytes, out var isNodeCritical);
            cgroup.IsNodeCritical = isNodeCritical;
        }

        return cgroup.Role switch
        {
            ContainerRole.Own => Exclusion.OwnPod,
            ContainerRole.Sandbox => Exclusion.Sandbox,
            ContainerRole.System => Exclusion.System,
            ContainerRole.Starting => Exclusion.Starting,
            _ when candidate.Pod is { } pod && Protection.IsProtected(policy, pod, candidate.Container) => Exclusion.Protected,
            _ when candidate.Pod is null && cgroup.IsNodeCritical && cgroup.QosClass != QosClass.Guaranteed => Exclusion.Protected,
            _ when cgroup.IsQuarantined => Exclusion.Quarantined,
            _ when cgroup.Role == ContainerRole.Unknown || candidate.FreeableBytes < policy.Plan.MinFreeableBytes => Exclusion.NothingToFree,
            _ => Exclusion.None,
        };
    }

    private static long Growth(ContainerCgroup cgroup, long freeableBytes)
    {
        // The kernel counts in batches: over less time than this, what it says is noise.
        var now = Stopwatch.GetTimestamp();
        var elapsed = now - cgroup.GrowthSince;
        if (cgroup.GrowthSince > 0 && elapsed >= s_growthOver)
        {
            cgroup.GrowthBytesPerSecond = Math.Max(0, (long)((freeableBytes - cgroup.GrowthFromBytes) * (double)Stopwatch.Frequency / elapsed));
        }

        if (cgroup.GrowthSince == 0 || elapsed >= s_growthOver)
        {
            cgroup.GrowthSince = now;
            cgroup.GrowthFromBytes = freeableBytes;
        }

        cgroup.LastFreeableBytes = freeableBytes;
        return cgroup.GrowthBytesPerSecond;
    }

    // Of a container that cannot be told from its siblings, the largest request counts: better to spare it than to wrong it.
    private static long RequestOf(PodFacts pod, ContainerFacts? container)
    {
        if (container is not null)
        {
            return container.MemoryRequestBytes;
        }

        long largest = 0;
        for (var i = 0; i < pod.Containers.Count; i++)
        {
            largest = Math.Max(largest, pod.Containers[i].MemoryRequestBytes);
        }

        return largest;
    }
}
