using NodeReaper.Engine.Pressure;

namespace NodeReaper.Engine.Candidates;

/// <summary>
/// How much of what there is may be swapped out (memory.swap.max of containers, Pods and the slices above them): the kubelet forbids it to
/// most, and swap that is free but forbidden helps nobody; nor does what one container may and does not need help another.
/// </summary>
public static class SwapAllowance
{
    /// <summary>Reads the limits anew, which hardly ever change, where there is swap. Allocates nothing.</summary>
    /// <param name="tree">The containers.</param>
    /// <param name="node">The last reading, and the slices above the containers.</param>
    public static void ReadLimits(KubepodsTree tree, NodePressure node)
    {
        if (node.Last.Memory.SwapTotalBytes == 0)
        {
            return;
        }

        foreach (var container in tree.Containers)
        {
            container.SwapLimitBytes = LimitOf(container);
        }

        foreach (var slice in node.Slices.All)
        {
            slice?.ReadSwapLimit();
        }
    }

    /// <summary>
    /// Adds up what may be swapped out, of the node and in each slice, where there is swap; the limits of new containers are read. Allocates
    /// nothing.
    /// </summary>
    /// <param name="containers">The containers, as they are now.</param>
    /// <param name="node">The last reading, and where the sums go: <see cref="long.MaxValue"/> when there is no limit.</param>
    public static void Note(ReadOnlySpan<Candidate> containers, NodePressure node)
    {
        if (node.Last.Memory.SwapTotalBytes == 0)
        {
            return;
        }

        var slices = node.Slices.All;
        foreach (var slice in slices)
        {
            slice?.BeginSwap();
        }

        long allowance = 0;
        var isLimited = false;
        foreach (ref readonly var container in containers)
        {
            // What is mlocked, or on a tmpfs without swap, stays where it is.
            var swappable = Math.Max(0, container.Memory.Anon + container.Memory.Shmem - container.Memory.Locked);
            // Sandboxes have no limit, and nothing to swap.
            if (container.Cgroup.Role == ContainerRole.Sandbox)
            {
                continue;
            }

            var limit = container.Cgroup.SwapLimitBytes ??= LimitOf(container.Cgroup);
            isLimited |= limit != long.MaxValue;
            var most = Math.Min(swappable, Math.Max(0, limit - container.Memory.Swap));
            if (Innermost(slices, container.Cgroup) is { } slice)
            {
                slice.AddSwap(most, container.Memory.Swap);
            }
            else
            {
                allowance += most;
            }
        }

        // From the inside out: what a QoS class may not, all of kubepods cannot either.
        foreach (var slice in slices)
        {
            if (slice is { Place: not StallPlaces.Kubepods })
            {
                Above(slices, slice)?.AddSwap(slice.SwapAllowanceBytes, slice.SwapUsedBytes);
            }
        }

        foreach (var slice in slices)
        {
            isLimited |= slice?.HasSwapLimit == true;
            allowance += slice is { Place: StallPlaces.Kubepods } ? slice.SwapAllowanceBytes : 0;
        }

        // What runs outside of containers counts for nothing then: a container is no better off when the kubelet and its runtime are swapped out.
        node.SwapAllowanceBytes = isLimited ? allowance : long.MaxValue;
    }

    // What does not read is 0; without the file there is no limit. The Pod's cgroup is right above.
    private static long LimitOf(ContainerCgroup container)
    {
        if (container.Directory.ReadValue("memory.swap.max\0"u8, out var own).IsGone)
        {
            own = long.MaxValue;
        }

        return container.Directory.ReadValue("../memory.swap.max\0"u8, out var ofPod).IsGone ? own : Math.Min(own, ofPod);
    }

    private static SlicePressure? Innermost(ReadOnlySpan<SlicePressure?> slices, ContainerCgroup container)
    {
        SlicePressure? innermost = null;
        foreach (var slice in slices)
        {
            if (slice?.Holds(container) == true && (innermost is null || slice.Path.Length > innermost.Path.Length))
            {
                innermost = slice;
            }
        }

        return innermost;
    }

    private static SlicePressure? Above(ReadOnlySpan<SlicePressure?> slices, SlicePressure inner)
    {
        foreach (var slice in slices)
        {
            if (slice is { Place: StallPlaces.Kubepods } && inner.IsBelow(slice))
            {
                return slice;
            }
        }

        return null;
    }
}
