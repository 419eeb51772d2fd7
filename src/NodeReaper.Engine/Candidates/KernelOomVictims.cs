using NodeReaper.Kernel.Cgroups;

namespace NodeReaper.Engine.Candidates;

/// <summary>What the kernel's OOM killer did to the Pods since the last look.</summary>
/// <param name="Victim">A container that lost a process for the node's sake; null when none is seen, for the runtime removes its cgroup soon.</param>
/// <param name="AtOwnLimit">Processes that were killed at a limit of their container or Pod.</param>
/// <param name="Kills">All processes that were killed in Pods that are still there.</param>
/// <param name="Ooms">How often a limit in these was the reason.</param>
public readonly record struct OomsOfPods(ContainerCgroup? Victim, long AtOwnLimit, long Kills, long Ooms);

/// <summary>
/// Finds out whom the kernel's OOM killer took, by the counters in memory.events of each container and of its Pod, and whether that was for the
/// node's sake: whoever dies at a limit has an "oom" counted where that limit is, and above; who dies for the node has none
/// (Documentation/admin-guide/cgroup-v2.rst).
/// </summary>
public static class KernelOomVictims
{
    /// <summary>Looks for counters that have risen since the last look. Allocates nothing.</summary>
    /// <param name="containers">The containers.</param>
    public static OomsOfPods Find(ReadOnlySpan<ContainerCgroup> containers)
    {
        Read(containers);
        var found = default(OomsOfPods);
        for (var i = 0; i < containers.Length; i++)
        {
            if (HasLost(containers[i]) && IsFirstThatLost(containers, i))
            {
                found = Add(found, containers, containers[i]);
            }
        }

        foreach (var container in containers)
        {
            container.LastEvents = container.Events;
            container.LastPodEvents = container.PodEvents;
            container.KnowsPodEvents = true;
        }

        return found;
    }

    private static void Read(ReadOnlySpan<ContainerCgroup> containers)
    {
        ContainerCgroup? before = null;
        foreach (var container in containers)
        {
            container.Events = container.Directory.TryReadEvents("memory.events\0"u8, out var events) ? events : container.LastEvents;

            // A Pod's containers most often follow one another: its own file is read once then.
            container.PodEvents = before is not null && IsSamePod(before, container) ? before.PodEvents
                : container.Directory.TryReadEvents("../memory.events\0"u8, out events) ? events
                : container.LastPodEvents;
            before = container;
        }
    }

    // Seldom: all of the Pod's containers, once.
    private static OomsOfPods Add(OomsOfPods found, ReadOnlySpan<ContainerCgroup> containers, ContainerCgroup any)
    {
        long kills = 0, ooms = 0, killsAtLimit = 0;
        ContainerCgroup? victim = null;
        var pod = any.PodEvents;

        // One that is new does not know what its Pod had counted before; a Pod of which all are new had counted nothing.
        var podBefore = default(MemoryEvents);
        foreach (var container in containers)
        {
            if (!IsSamePod(container, any))
            {
                continue;
            }

            if (container.KnowsPodEvents)
            {
                podBefore = container.LastPodEvents;
            }

            var killed = Math.Max(0, container.Events.OomKill - container.LastEvents.OomKill);
            var atLimit = Math.Max(0, container.Events.Oom - container.LastEvents.Oom);
            kills += killed;
            ooms += atLimit;
            if (atLimit > 0)
            {
                killsAtLimit += killed;
            }
            else if (killed > 0)
            {
                victim = container;
            }
        }

        var podOoms = pod.Oom - podBefore.Oom;
        kills = Math.Max(kills, pod.OomKill - podBefore.OomKill);

        // More than its containers count: at the Pod's own limit, or at that of a container that is gone.
        return podOoms > ooms
            ? found with { AtOwnLimit = found.AtOwnLimit + kills, Kills = found.Kills + kills, Ooms = found.Ooms + podOoms }
            : new OomsOfPods(victim ?? found.Victim, found.AtOwnLimit + killsAtLimit, found.Kills + kills, found.Ooms + ooms);
    }

    private static bool HasLost(ContainerCgroup container) =>
        container.Events.OomKill > container.LastEvents.OomKill || container.PodEvents.OomKill > container.LastPodEvents.OomKill;

    // Of its Pod.
    private static bool IsFirstThatLost(ReadOnlySpan<ContainerCgroup> containers, int index)
    {
        for (var i = 0; i < index; i++)
        {
            if (HasLost(containers[i]) && IsSamePod(containers[i], containers[index]))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsSamePod(ContainerCgroup one, ContainerCgroup other) => one.PodUid.SequenceEqual(other.PodUid);
}
