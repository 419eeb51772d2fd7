using NodeReaper.Engine.Killing;
using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Pressure;

namespace NodeReaper.Engine.Candidates;

/// <summary>What follows, under a policy, from what was seen of the containers. Reads nothing but the snapshot: a record is judged by the same rules.</summary>
public static class CandidateRules
{
    /// <summary>Fills in what follows of each candidate. Allocates nothing.</summary>
    /// <param name="snapshot">The containers, their Pods and memory.</param>
    /// <param name="policy">The policy.</param>
    /// <param name="slice">The slice that is short of memory; null when it is the node.</param>
    public static void Apply(CandidateSnapshot snapshot, ReapPolicy policy, SlicePressure? slice)
    {
        foreach (ref var candidate in snapshot.ToFill)
        {
            candidate.QosClass = candidate.Pod?.QosClass ?? candidate.Cgroup.QosClass;
            candidate.SiblingBytes = 0;
            candidate.UselessBytes = policy.Pressure.UseSwap ? 0 : candidate.SwapOnDiskBytes;
            if (candidate.Pod is { } pod)
            {
                candidate.PodPriority = pod.Priority;
                candidate.KillPriority = Protection.GrantedKillPriority(policy, pod, candidate.Container);
                candidate.RequestBytes = RequestOf(pod, candidate.Container);
            }

            candidate.Exclusion = Exclude(candidate, policy);
            if (candidate.Exclusion is Exclusion.None or Exclusion.ToldOf && slice?.Holds(candidate.Cgroup) == false)
            {
                candidate.Exclusion = Exclusion.Elsewhere;
            }
        }

        ShareRequests(snapshot.ToFill);
        AddSiblings(snapshot.ToFill);
    }

    private static Exclusion Exclude(in Candidate candidate, ReapPolicy policy) => candidate.Cgroup.Role switch
    {
        _ when candidate.IsUnreadable => Exclusion.Unreadable,
        ContainerRole.Own => Exclusion.OwnPod,
        ContainerRole.Sandbox => Exclusion.Sandbox,
        ContainerRole.System => Exclusion.System,
        ContainerRole.Starting => Exclusion.Starting,
        _ when candidate.Pod is { } pod && Protection.IsProtected(policy, pod, candidate.Container) => Exclusion.Protected,
        _ when candidate.Pod is null && policy.Protect.StaticPods && PodFacts.IsStaticUid(candidate.Cgroup.PodUid) => Exclusion.Protected,
        _ when candidate is { Pod: null, Cgroup: { IsNodeCritical: true, QosClass: not QosClass.Guaranteed } } => Exclusion.Protected,
        _ when candidate.IsQuarantined => Exclusion.Quarantined,
        _ when candidate.IsToldOf && policy.IsDryRunFor(candidate) => Exclusion.ToldOf,
        var role when role == ContainerRole.Unknown || candidate.OwnReliefBytes < policy.Plan.MinFreeableBytes => Exclusion.NothingToFree,
        _ => Exclusion.None,
    };

    // By use: the Pod is over its request when they are together.
    private static void ShareRequests(Span<Candidate> all)
    {
        foreach (ref var candidate in all)
        {
            if (!Shares(candidate))
            {
                continue;
            }

            double used = 0;
            foreach (ref readonly var other in all)
            {
                used += ReferenceEquals(other.Pod, candidate.Pod) && Shares(other) ? other.FreeableBytes : 0;
            }

            candidate.RequestBytes = used > 0 ? (long)(candidate.Pod!.SharedRequestBytes * (candidate.FreeableBytes / used)) : 0;
        }

        static bool Shares(in Candidate candidate) => candidate is { Pod.SharedRequestBytes: > 0, Container.MemoryRequestBytes: 0, Cgroup.Role: ContainerRole.App };
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
                candidate.SiblingBytes += sibling.DiesAlongWith(candidate) ? sibling.OwnReliefBytes : 0;
            }
        }
    }

    // Of a container that cannot be told from its siblings, the largest request counts: better to spare it than to wrong it.
    private static long RequestOf(PodFacts pod, ContainerFacts? container)
    {
        if (container is not null)
        {
            return container.MemoryRequestBytes;
        }

        var largest = pod.SharedRequestBytes;
        for (var i = 0; i < pod.Containers.Count; i++)
        {
            largest = Math.Max(largest, pod.Containers[i].MemoryRequestBytes);
        }

        return largest;
    }
}
