using NodeReaper.Engine.Pressure;

namespace NodeReaper.Engine.Assessment;

/// <summary>
/// Tasks stall for memory (PSI), for the node's sake, while little is available. Stall alone is no proof: a pod at its
/// own limit, or slow disks, raise the node's PSI while there is plenty. And it must last: whoever takes much at once, or
/// writes much, makes others wait for a moment, and more so while something large is swapped out.
/// </summary>
public sealed class StallSignal : ShortageSignal
{
    internal const string SignalName = "stall";

    /// <inheritdoc/>
    public override string Name => SignalName;

    /// <inheritdoc/>
    public override bool IsShort(in PressureReading reading, in PressureLimits limits) =>
        reading.IsStalling
        && reading.Memory.AvailableBytes < limits.RecoverToBytes
        && reading.StallingFor >= (reading.IsSwapSpent(limits) ? limits.StallWithoutSwap : limits.StallWithSwap);
}
