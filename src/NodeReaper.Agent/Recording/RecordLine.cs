using System.Text.Json.Serialization;
using NodeReaper.Engine.Assessment;
using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.OwnLimits;
using NodeReaper.Engine.Planning;
using NodeReaper.Engine.Pressure;
using NodeReaper.Engine.Recording;

namespace NodeReaper.Agent.Recording;

/// <summary>
/// One line of a record: an object with one of these. The readings and facts are the engine's own, so that nothing of them is forgotten;
/// <see cref="RecordHeader.CurrentVersion"/> rises when one of them changes its name or its meaning.
/// </summary>
internal sealed record RecordLine
{
    /// <summary>The first line.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RecordHeader? Record { get; init; }

    /// <summary>The policy from here on, as a policy file that says all of it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Policy { get; init; }

    /// <summary>What the signals were.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RecordSample? Sample { get; init; }

    /// <summary>What the containers were, in between.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RecordLook? Look { get; init; }

    /// <summary>What was decided.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RecordDecision? Decision { get; init; }

    /// <summary>The last line.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public RecordEnd? End { get; init; }
}

/// <summary>What the record is of.</summary>
internal sealed record RecordHeader
{
    /// <summary>The version of the format that is written and read.</summary>
    internal const int CurrentVersion = 1;

    public required int Version { get; init; }

    /// <summary>The agent's version.</summary>
    public required string Agent { get; init; }

    /// <summary>The version of the policy format; null in records from before this was kept, which are of version 1.</summary>
    public int? PolicyVersion { get; init; }

    public required string? Node { get; init; }

    /// <summary>The first decision, by the wall clock.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>The same by the clock of the readings.</summary>
    public required long Timestamp { get; init; }

    public required long TicksPerSecond { get; init; }
}

/// <summary>A place at one moment.</summary>
internal sealed record RecordSample
{
    /// <summary>The slice; null for the node.</summary>
    public required string? Slice { get; init; }

    public required PressureReading Reading { get; init; }

    public required PressureVerdict Verdict { get; init; }
}

/// <summary>The largest containers at a moment at which nothing was decided.</summary>
internal sealed record RecordLook
{
    /// <summary>By the clock of the readings.</summary>
    public required long Timestamp { get; init; }

    /// <summary>How many containers there were.</summary>
    public required int Total { get; init; }

    public required IReadOnlyList<PodFacts> Pods { get; init; }

    public required IReadOnlyList<RecordContainer> Candidates { get; init; }

    /// <summary>Who would have been the first to die, as an index of them; null when nobody might be killed.</summary>
    public required int? First { get; init; }
}

/// <summary>A decision with its facts. Numbers in lists are indexes of <see cref="Candidates"/>.</summary>
internal sealed record RecordDecision
{
    public required DecisionKind Kind { get; init; }

    /// <summary>The slice that it was about; null for the node.</summary>
    public required string? Slice { get; init; }

    public required PressureReading Reading { get; init; }

    public required PressureLimits Limits { get; init; }

    public required PressureVerdict Verdict { get; init; }

    public required Livelock Livelock { get; init; }

    /// <summary>The node, then the slices with a limit of their own.</summary>
    public required IReadOnlyList<RecordSample> Places { get; init; }

    public required long PendingBytes { get; init; }

    public required bool IsWithinBudget { get; init; }

    /// <summary>False when there were more candidates than are kept: then it cannot be recomputed.</summary>
    public required bool IsWhole { get; init; }

    public required IReadOnlyList<PodFacts> Pods { get; init; }

    public required IReadOnlyList<RecordContainer> Candidates { get; init; }

    public required IReadOnlyList<int> Order { get; init; }

    /// <summary>The key that put each of <see cref="Order"/> in front of the next.</summary>
    public required IReadOnlyList<string?> DecidingKeys { get; init; }

    public required IReadOnlyList<int> Planned { get; init; }

    /// <summary>Those of <see cref="Planned"/> who had no time to end by themselves, and in front of them those who had been told to before.</summary>
    public required IReadOnlyList<int> Plan { get; init; }

    public required Conclusion Conclusion { get; init; }
}

/// <summary>A container as it was.</summary>
internal sealed record RecordContainer
{
    public required string Path { get; init; }

    public required string PodUid { get; init; }

    public required string ContainerId { get; init; }

    public required long CgroupId { get; init; }

    /// <summary>By the path.</summary>
    public required QosClass QosClass { get; init; }

    public required ContainerRole Role { get; init; }

    public required bool IsNodeCritical { get; init; }

    public required bool IsWidened { get; init; }

    public required bool IsUnreadable { get; init; }

    public required bool IsQuarantined { get; init; }

    /// <summary>A dry run had told of it; false in records from before this was kept.</summary>
    public bool IsToldOf { get; init; }

    /// <summary>It was told to end in this shortage.</summary>
    public bool IsAskedToEnd { get; init; }

    public required MemoryUse Memory { get; init; }

    public required long GrowthBytesPerSecond { get; init; }

    /// <summary>It took much of what was missing; false in records from before this was kept.</summary>
    public bool IsCause { get; init; }

    /// <summary>What of its swap takes no memory; 0 in records from before this was kept.</summary>
    public long SwapOnDiskBytes { get; init; }

    /// <summary>Its Pod, in the decision's list; null when it was not known.</summary>
    public required int? Pod { get; init; }

    /// <summary>Its container in that Pod; null when it was not known which one.</summary>
    public required int? Container { get; init; }

    public required Exclusion Exclusion { get; init; }
}

/// <summary>The end of a record: without this line, it is torn.</summary>
/// <param name="Lines">How many lines there are in front of it.</param>
/// <param name="LostDecisions">Decisions that are in no record, since the agent started.</param>
internal sealed record RecordEnd(int Lines, long LostDecisions);

/// <summary>The generated serialisers: reflection does not survive NativeAOT.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    IgnoreReadOnlyProperties = true,
    RespectNullableAnnotations = true)]
[JsonSerializable(typeof(RecordLine))]
internal sealed partial class RecordJson : JsonSerializerContext;
