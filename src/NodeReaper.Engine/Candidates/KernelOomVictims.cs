using NodeReaper.Kernel.Cgroups;
using NodeReaper.Kernel.Text;

namespace NodeReaper.Engine.Candidates;

/// <summary>
/// Finds out whom the kernel's OOM killer took, by the counters in each container's memory.events, and whether that was for the
/// node's sake: a container at its own limit counts an "oom" of its own, one that dies for the node does not
/// (Documentation/admin-guide/cgroup-v2.rst).
/// </summary>
public sealed class KernelOomVictims
{
    private readonly byte[] _text = new byte[512];

    /// <summary>Remembers the counters of all containers, without judging. Allocates nothing.</summary>
    /// <param name="containers">The containers.</param>
    public void Remember(ReadOnlySpan<ContainerCgroup> containers)
    {
        foreach (var container in containers)
        {
            if (TryRead(container, out var events))
            {
                container.LastEvents = events;
            }
        }
    }

    /// <summary>Looks for containers whose counters have risen since. Allocates nothing.</summary>
    /// <param name="containers">The containers.</param>
    /// <param name="atOwnLimit">Containers that were at their own limit.</param>
    /// <returns>The container that died for the node's sake; null when none is seen, for the runtime removes its cgroup soon.</returns>
    public ContainerCgroup? Find(ReadOnlySpan<ContainerCgroup> containers, out int atOwnLimit)
    {
        ContainerCgroup? victim = null;
        atOwnLimit = 0;
        foreach (var container in containers)
        {
            if (!TryRead(container, out var events))
            {
                continue;
            }

            if (events.OomKill > container.LastEvents.OomKill)
            {
                if (events.Oom > container.LastEvents.Oom)
                {
                    atOwnLimit++;
                }
                else
                {
                    victim = container;
                }
            }

            container.LastEvents = events;
        }

        return victim;
    }

    private bool TryRead(ContainerCgroup container, out MemoryEvents events)
    {
        events = default;
        var read = container.Directory.ReadFile("memory.events\0"u8, _text);
        return read.Succeeded && MemoryEvents.Parse(_text.AsSpan(0, (int)read.Value), out events) == ParseOutcome.Ok;
    }
}
