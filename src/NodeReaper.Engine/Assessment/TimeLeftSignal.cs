using NodeReaper.Engine.Pressure;

namespace NodeReaper.Engine.Assessment;

/// <summary>
/// At the rate at which memory is being used up, none would be left within the policy's time. Only below the recovery
/// mark: a large node that fills fast for a moment is no emergency.
/// </summary>
public sealed class TimeLeftSignal : ShortageSignal
{
    /// <inheritdoc/>
    public override string Name => "timeLeft";

    /// <inheritdoc/>
    public override bool IsShort(in PressureReading reading, in PressureLimits limits) =>
        reading.FillBytesPerSecond > 0
        && reading.Memory.AvailableBytes < limits.RecoverToBytes
        && reading.Memory.AvailableBytes < reading.FillBytesPerSecond * limits.TimeLeft.TotalSeconds
        && reading.IsSwapSpent(limits);

    /// <summary>No less than what is used up within the policy's time; a rate that is a moment's counts for twice the recovery mark at most.</summary>
    /// <inheritdoc/>
    public override long MissingBytes(in PressureReading reading, in PressureLimits limits) => Math.Max(
        base.MissingBytes(reading, limits), UsedUpBytes(reading, limits));

    /// <summary>What is used up within the policy's time, at the present rate, in bytes: twice the recovery mark at most.</summary>
    internal static long UsedUpBytes(in PressureReading reading, in PressureLimits limits) =>
        (long)Math.Min(2 * limits.RecoverToBytes, reading.FillBytesPerSecond * limits.TimeLeft.TotalSeconds);
}
