using NodeReaper.Engine.Pressure;

namespace NodeReaper.Engine.Assessment;

/// <summary>Less memory is available than the policy allows, and swap cannot help.</summary>
public sealed class AvailableSignal : ShortageSignal
{
    internal const string SignalName = "available";

    /// <inheritdoc/>
    public override string Name => SignalName;

    /// <inheritdoc/>
    public override bool IsShort(in PressureReading reading, in PressureLimits limits) =>
        reading.Memory.AvailableBytes < limits.KillBelowBytes && reading.IsSwapSpent(limits);
}
