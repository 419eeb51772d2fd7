using NodeReaper.Engine.Pressure;

namespace NodeReaper.Engine.Candidates;

/// <summary>
/// How much of what there is may be swapped out (memory.swap.max): the kubelet forbids it to most, and swap that is free but forbidden
/// helps nobody; nor does what one container may and does not need help another.
/// </summary>
public static class SwapAllowance
{
    /// <summary>Notes it for the node, and for each slice with a limit, where there is swap. Allocates nothing.</summary>
    /// <param name="node">The signals.</param>
    /// <param name="containers">The containers, as they are now.</param>
    public static void Note(NodePressure node, ReadOnlySpan<Candidate> containers)
    {
        if (node.Last.Memory.SwapTotalBytes == 0)
        {
            return;
        }

        var swappable = node.Last.Memory.SwappableBytes;
        node.SwapAllowanceBytes = Of(containers, null, swappable);
        foreach (var slice in node.Slices.All)
        {
            slice?.SwapAllowanceBytes = Of(containers, slice, swappable);
        }
    }

    /// <summary>Adds up what the containers may swap out of what they have. Allocates nothing.</summary>
    /// <param name="containers">The containers, as they are now.</param>
    /// <param name="slice">Only those in this slice; null for all, and for what runs outside of containers.</param>
    /// <param name="swappableBytes">What there is on the node to swap out, in bytes.</param>
    /// <returns>Bytes; <see cref="long.MaxValue"/> when no container has a limit.</returns>
    public static long Of(ReadOnlySpan<Candidate> containers, SlicePressure? slice, long swappableBytes)
    {
        long allowance = 0;
        long inContainers = 0;
        var isLimited = false;
        foreach (ref readonly var container in containers)
        {
            inContainers += container.Memory.Anon + container.Memory.Shmem;

            // Sandboxes have no limit, and nothing to swap.
            if (container.Cgroup.Role == ContainerRole.Sandbox || slice?.Holds(container.Cgroup) == false)
            {
                continue;
            }

            // What does not read is 0; without the file there is no limit.
            if (container.Cgroup.Directory.ReadValue("memory.swap.max\0"u8, out var most).IsGone)
            {
                most = long.MaxValue;
            }

            isLimited |= most != long.MaxValue;
            allowance += Math.Min(container.Memory.Anon + container.Memory.Shmem, Math.Max(0, most - container.Memory.Swap));
        }

        var outside = slice is null && swappableBytes != long.MaxValue ? Math.Max(0, swappableBytes - inContainers) : 0;
        return isLimited ? allowance + outside : long.MaxValue;
    }
}
