using NodeReaper.Engine.Assessment;
using NodeReaper.Engine.Pressure;

namespace NodeReaper.Engine.Reporting;

/// <summary>What a decision rests on.</summary>
/// <param name="Reading">The node's signals.</param>
/// <param name="Limits">The thresholds.</param>
/// <param name="Verdict">The verdict on them.</param>
public readonly record struct Occasion(PressureReading Reading, PressureLimits Limits, PressureVerdict Verdict)
{
    /// <summary>Assesses a reading.</summary>
    /// <param name="reading">The node's signals.</param>
    /// <param name="policy">When the node counts as short.</param>
    public static Occasion Of(in PressureReading reading, Policy.PressurePolicy policy)
    {
        var limits = PressureLimits.Of(policy, reading.Memory.TotalBytes);
        return new Occasion(reading, limits, Assessor.Assess(reading, limits));
    }
}
