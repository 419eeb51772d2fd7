using System.Text.Json.Serialization;

namespace NodeReaper.Agent.Replay;

/// <summary>What came of a replay.</summary>
internal sealed record ReplayReport
{
    public required string Record { get; init; }

    /// <summary>Of the agent that wrote it.</summary>
    public required string Agent { get; init; }

    /// <summary>Who replayed it.</summary>
    public required string ReplayedBy { get; init; }

    public required string? Node { get; init; }

    /// <summary>The first decision.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>The policy file it was replayed under; null for the recorded policy.</summary>
    public required string? Config { get; init; }

    /// <summary>True when the end of the record is missing: it is being written, the agent was killed meanwhile, or the disk was full.</summary>
    public bool IsTorn => TornAfterLine is not null;

    /// <summary>The last line that can be read of a torn record.</summary>
    public required int? TornAfterLine { get; init; }

    /// <summary>True when every verdict and every decision that can be read came out as recorded.</summary>
    public required bool IsSame { get; init; }

    public required int Samples { get; init; }

    /// <summary>Samples whose verdict came out differently.</summary>
    public required int SamplesDiffering { get; init; }

    /// <summary>The first sample that counts as short, in seconds from the first decision, as recorded; null when none does.</summary>
    public required double? ShortFromSeconds { get; init; }

    /// <summary>The same as replayed.</summary>
    public required double? ShortFromSecondsReplayed { get; init; }

    /// <summary>Looks at the containers in between.</summary>
    public required int Looks { get; init; }

    /// <summary>Looks by which another one would be the first to die.</summary>
    public required int LooksDiffering { get; init; }

    /// <summary>Who would have been the first to die when the first sample counts as short as replayed; null when nobody would, or nothing tells.</summary>
    public required ReplayedFirst? FirstReplayed { get; init; }

    public required IReadOnlyList<ReplayedDecision> Decisions { get; init; }
}

/// <summary>Who would have been the first to die.</summary>
/// <param name="Name">The container.</param>
/// <param name="Seconds">When the containers were looked at that this rests on, in seconds from the first decision.</param>
/// <param name="OutOf">How many of the containers there were are recorded: the largest.</param>
/// <param name="Total">How many there were.</param>
internal sealed record ReplayedFirst(string Name, double Seconds, int OutOf, int Total);

/// <summary>A decision, recorded and replayed.</summary>
internal sealed record ReplayedDecision
{
    /// <summary>The line of the record.</summary>
    public required int Line { get; init; }

    public required DateTimeOffset Time { get; init; }

    /// <summary>shortage, graceOver, ownLimit or kernelOom.</summary>
    public required string Kind { get; init; }

    public required DecidedText Recorded { get; init; }

    /// <summary>Null when it could not be recomputed: there were more containers than a record holds.</summary>
    public required DecidedText? Replayed { get; init; }

    public required IReadOnlyList<ReplayDifference> Differences { get; init; }
}

/// <summary>What was decided, in names.</summary>
internal sealed record DecidedText
{
    public required string? Signal { get; init; }

    /// <summary>The slice that was short; null for the node.</summary>
    public required string? Slice { get; init; }

    public required long DeficitBytes { get; init; }

    public required bool IsEmergency { get; init; }

    /// <summary>Why each candidate may not be killed; in the order of the record.</summary>
    public required IReadOnlyList<string> Exclusions { get; init; }

    public required IReadOnlyList<string> Ranking { get; init; }

    /// <summary>The key that put each of the ranking in front of the next.</summary>
    public required IReadOnlyList<string?> DecidingKeys { get; init; }

    public required IReadOnlyList<string> Planned { get; init; }

    /// <summary>Those of the planned who had no time to end by themselves; "(dry run)" behind whom nothing is done to.</summary>
    public required IReadOnlyList<string> Plan { get; init; }

    /// <summary>wait, noVictim, capped or kill.</summary>
    public required string Conclusion { get; init; }
}

/// <summary>One thing that came out differently.</summary>
internal sealed record ReplayDifference(string What, string Recorded, string Replayed);

/// <summary>The generated serialisers.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(ReplayReport))]
internal sealed partial class ReplayJson : JsonSerializerContext;
