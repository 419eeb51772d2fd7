using NodeReaper.Engine.Policy;

namespace NodeReaper.Engine.Pressure;

/// <summary>
/// When MemAvailable must be read again: before even the fastest hog that the policy reckons with could use up what
/// is left above the threshold, and of swap. A roomy node is looked at once a second, a full one every few milliseconds.
/// How fast it fills just now is not asked: the hog may begin at any moment.
/// </summary>
public static class SamplingInterval
{
    /// <summary>The time to the next sample of the node and its slices: the shortest that one of them asks for.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="node">The last readings.</param>
    /// <returns>Milliseconds, at least 1.</returns>
    public static int Milliseconds(PressurePolicy policy, NodePressure node)
    {
        var shortest = Milliseconds(policy, node.Last, null);
        foreach (var slice in node.Slices.All)
        {
            shortest = slice is { IsLimited: true } ? Math.Min(shortest, Milliseconds(policy, slice.Last, slice)) : shortest;
        }

        return shortest;
    }

    /// <summary>The time to the next sample.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="limits">Its thresholds on this node.</param>
    /// <param name="reading">What is left.</param>
    /// <returns>Milliseconds, at least 1.</returns>
    public static int Milliseconds(PressurePolicy policy, in PressureLimits limits, in PressureReading reading)
    {
        var room = Math.Max(0, reading.Memory.AvailableBytes - limits.KillBelowBytes);
        var swap = reading.IsSwapSpent(limits) ? 0 : reading.UsableSwapBytes - Math.Min(limits.KillBelowBytes, reading.Memory.SwapTotalBytes / 2);
        var safe = ((double)room + Math.Max(0, swap)) * 1000 / policy.FastestFillBytesPerSecond;
        return (int)Math.Max(1, Math.Clamp(safe, policy.FastestSample.TotalMilliseconds, policy.SlowestSample.TotalMilliseconds));
    }

    private static int Milliseconds(PressurePolicy policy, in PressureReading reading, SlicePressure? slice) =>
        Milliseconds(policy, PressureLimits.Of(policy, reading.Memory, slice is not null), reading);
}
