using NodeReaper.Engine.Assessment;
using NodeReaper.Engine.OwnLimits;
using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Pressure;

namespace NodeReaper.Engine.Reporting;

/// <summary>What a decision rests on.</summary>
/// <param name="Reading">The signals of the place that is short of memory; of the node when none is.</param>
/// <param name="Limits">The thresholds there.</param>
/// <param name="Verdict">The verdict on them.</param>
/// <param name="Slice">The place; null for the node.</param>
/// <param name="Livelock">A container that stands still at its own limit; not set when it is about a place.</param>
/// <param name="Stall">What was measured of whose stalls they are; not set for other signals.</param>
public readonly record struct Occasion(
    PressureReading Reading,
    PressureLimits Limits,
    PressureVerdict Verdict,
    SlicePressure? Slice = null,
    Livelock Livelock = default,
    StallEvidence Stall = default)
{
    /// <summary>The name that a livelock has in place of a signal's.</summary>
    public const string OwnLimit = "ownLimit";

    /// <summary>True when stalls alone say that the place is short: they may be those of a container at its own limit.</summary>
    public bool IsStall => Verdict.Signal is StallSignal.SignalName or ThrashSignal.SignalName;

    /// <summary>What is decided on because a container stands still at its own limit.</summary>
    /// <param name="node">The signals, for the record.</param>
    /// <param name="policy">The thresholds, for the record.</param>
    /// <param name="livelock">The evidence.</param>
    public static Occasion Of(NodePressure node, PressurePolicy policy, in Livelock livelock) => new(
        node.Last,
        PressureLimits.Of(policy, node.Last.Memory, false),
        new PressureVerdict(OwnLimit, 1, false),
        null,
        livelock);

    /// <summary>Assesses the node and, when that is not short, the slices that have a limit of their own. Allocates nothing.</summary>
    /// <param name="node">The signals.</param>
    /// <param name="policy">When a place counts as short.</param>
    public static Occasion Of(NodePressure node, PressurePolicy policy) => Of(node.Last, node.Slices.All, policy);

    /// <summary>The same, of readings that may be from a record.</summary>
    /// <param name="node">The node's reading.</param>
    /// <param name="slices">The slices of the same moment; those without a limit do not count.</param>
    /// <param name="policy">When a place counts as short.</param>
    public static Occasion Of(in PressureReading node, ReadOnlySpan<SlicePressure?> slices, PressurePolicy policy)
    {
        var ofNode = Of(node, policy, null);
        if (ofNode.Verdict.IsShort)
        {
            return ofNode;
        }

        foreach (var slice in slices)
        {
            if (slice is { IsLimited: true } && Of(slice.Last, policy, slice) is { Verdict.IsShort: true } ofSlice)
            {
                return ofSlice;
            }
        }

        return ofNode;
    }

    /// <summary>Assesses one place as it was last read. Allocates nothing.</summary>
    /// <param name="node">The signals.</param>
    /// <param name="policy">When a place counts as short.</param>
    /// <param name="slice">A slice with a limit of its own; null for the node.</param>
    public static Occasion Of(NodePressure node, PressurePolicy policy, SlicePressure? slice) => Of(slice?.Last ?? node.Last, policy, slice);

    /// <summary>The verdict on one place, of which no more is kept.</summary>
    /// <param name="reading">Its reading.</param>
    /// <param name="policy">When it counts as short.</param>
    /// <param name="isSlice">True for a slice.</param>
    public static PressureVerdict VerdictOn(in PressureReading reading, PressurePolicy policy, bool isSlice) =>
        Assessor.Assess(reading, PressureLimits.Of(policy, reading.Memory, isSlice));

    /// <summary>Assesses one place.</summary>
    /// <param name="reading">Its reading.</param>
    /// <param name="policy">When it counts as short.</param>
    /// <param name="slice">Which slice it is; null for the node.</param>
    public static Occasion Of(in PressureReading reading, PressurePolicy policy, SlicePressure? slice)
    {
        var limits = PressureLimits.Of(policy, reading.Memory, slice is not null);
        return new Occasion(reading, limits, Assessor.Assess(reading, limits), slice);
    }
}
