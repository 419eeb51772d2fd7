using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Pressure;
using NodeReaper.Engine.Reporting;

namespace NodeReaper.Engine.Recording;

/// <summary>What a recorded decision rested on, to decide again.</summary>
public sealed class DecisionFacts
{
    /// <summary>What it was about.</summary>
    public required DecisionKind Kind { get; init; }

    /// <summary>What it rested on, by the record; decided anew only where it was a shortage.</summary>
    public required Occasion Occasion { get; init; }

    /// <summary>The node's reading.</summary>
    public required PressureReading Node { get; init; }

    /// <summary>The slices with a limit of their own.</summary>
    public required IReadOnlyList<SlicePressure> Slices { get; init; }

    /// <summary>What was on its way back already, in bytes.</summary>
    public required long PendingBytes { get; init; }

    /// <summary>True when the cap on kills allowed another.</summary>
    public required bool IsWithinBudget { get; init; }

    /// <summary>What was seen of the containers; the rules fill in the rest.</summary>
    public required CandidateSnapshot Candidates { get; init; }

    /// <summary>Who is not killed although planned: asked to end, and has time. Indexes of the candidates.</summary>
    public required IReadOnlySet<int> Graced { get; init; }

    /// <summary>The container that stood still at its own limit; -1 when it was not about one.</summary>
    public required int AtOwnLimit { get; init; }
}
