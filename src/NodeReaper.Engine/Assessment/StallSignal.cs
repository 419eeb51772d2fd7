using NodeReaper.Engine.Pressure;

namespace NodeReaper.Engine.Assessment;

/// <summary>
/// Tasks stall for memory (PSI), for the node's sake, while little is available. Stall alone is no proof: a pod at its
/// own limit, or slow disks, raise the node's PSI while there is plenty. With swap to spare, the stall must last: it
/// comes with everything large that is swapped out, and goes when that is done.
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
        && (reading.StallingFor >= limits.StallWithSwap || reading.IsSwapSpent(limits));
}
