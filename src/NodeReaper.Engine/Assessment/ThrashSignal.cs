using NodeReaper.Engine.Pressure;

namespace NodeReaper.Engine.Assessment;

/// <summary>
/// The node stands still: all its tasks wait for memory at once (PSI full), for the node's sake, and read back what was just
/// dropped (refaults). Swap to spare does not make that any better. Only within twice the recovery mark, for with plenty
/// available it is a Pod that stands still, or a disk.
/// </summary>
public sealed class ThrashSignal : ShortageSignal
{
    internal const string SignalName = "thrash";

    /// <inheritdoc/>
    public override string Name => SignalName;

    /// <inheritdoc/>
    public override bool IsShort(in PressureReading reading, in PressureLimits limits) =>
        limits.Thrash > TimeSpan.Zero
        && reading.FullyStallingFor >= limits.Thrash
        && reading.Reclaim.Refaults > 0
        && reading.Memory.AvailableBytes < 2 * limits.RecoverToBytes;
}
