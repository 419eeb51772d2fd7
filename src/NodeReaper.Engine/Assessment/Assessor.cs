using NodeReaper.Engine.Pressure;

namespace NodeReaper.Engine.Assessment;

/// <summary>Decides whether the node is short of memory, and how many bytes are missing.</summary>
public static class Assessor
{
    /// <summary>Asks the signals in turn; the first that says so decides.</summary>
    /// <param name="reading">The node's signals.</param>
    /// <param name="limits">The thresholds.</param>
    public static PressureVerdict Assess(in PressureReading reading, in PressureLimits limits)
    {
        var signals = ShortageSignals.All;
        for (var i = 0; i < signals.Count; i++)
        {
            if (signals[i].IsShort(reading, limits))
            {
                return new PressureVerdict(
                    signals[i].Name,
                    signals[i].MissingBytes(reading, limits),
                    IsEmergency(reading, limits));
            }
        }

        return default;
    }

    // With swap to spare, little is available all the time, and nobody comes to harm.
    private static bool IsEmergency(in PressureReading reading, in PressureLimits limits) =>
        reading.IsSwapSpent(limits)
        && (reading.Memory.AvailableBytes < limits.KillBelowBytes / 2
            || reading.Memory.AvailableBytes < reading.FillBytesPerSecond * limits.TimeLeft.TotalSeconds / 2);
}
