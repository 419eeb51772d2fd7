namespace NodeReaper.Engine.Candidates;

/// <summary>
/// How much more the containers may swap out (memory.swap.max): the kubelet forbids it to most, and swap that is free but forbidden
/// helps nobody.
/// </summary>
public static class SwapAllowance
{
    /// <summary>Adds up what the containers may. Allocates nothing.</summary>
    /// <param name="containers">The containers.</param>
    /// <returns>Bytes; <see cref="long.MaxValue"/> when one of them may swap without limit, or there is none.</returns>
    public static long Of(ReadOnlySpan<ContainerCgroup> containers)
    {
        if (containers.IsEmpty)
        {
            return long.MaxValue;
        }

        long allowance = 0;
        foreach (var container in containers)
        {
            // Sandboxes have no limit, and nothing to swap.
            if (container.Role == ContainerRole.Sandbox || !container.Directory.ReadValue("memory.swap.max\0"u8, out var most).IsNone)
            {
                continue;
            }

            if (most == long.MaxValue)
            {
                return most;
            }

            _ = container.Directory.ReadValue("memory.swap.current\0"u8, out var current);
            allowance += Math.Max(0, most - current);
        }

        return allowance;
    }
}
