using System.Text.Json.Serialization;
using NodeReaper.Agent.Control;
using NodeReaper.Agent.Reporting;

namespace NodeReaper.Agent.Explain;

/// <summary>What would be decided at this moment. Fields are added, never changed; <see cref="Version"/> rises when one must be.</summary>
internal sealed record ExplainDocument
{
    public int Version { get; init; } = 1;

    public required DateTimeOffset Time { get; init; }

    public string? Node { get; init; }

    /// <summary>agent: it was asked; node: none was, and the node was looked at instead.</summary>
    public required string Source { get; init; }

    public required string Strategy { get; init; }

    public bool DryRun { get; init; }

    /// <summary>Of the Pods of these it only tells, and of those that it does not know while there are any.</summary>
    public IReadOnlyList<string> DryRunNamespaces { get; init; } = [];

    /// <summary>The policy file that was asked about; null for the policy in force, or the defaults.</summary>
    public string? Config { get; init; }

    /// <summary>False when nobody told of Pods: then neither protection, nor priorities, requests and wishes are known.</summary>
    public bool KnowsPods { get; init; } = true;

    public required ExplainedPressure Pressure { get; init; }

    /// <summary>What else makes a place short of memory.</summary>
    public ExplainedSignals? Signals { get; init; }

    /// <summary>What is done before a kill, the stage that begins first in front.</summary>
    public IReadOnlyList<ExplainedStage> Stages { get; init; } = [];

    /// <summary>What is missing now or, when nothing is, what would be at the threshold.</summary>
    public long MissingBytes { get; init; }

    /// <summary>What those hold of whom a dry run has told in this shortage: they count as dead.</summary>
    public long ToldBytes { get; init; }

    /// <summary>True when all deaths together would not end the shortage: until it is an emergency, nobody dies.</summary>
    public bool IsInVain { get; init; }

    /// <summary>The ranks of those who would die for that.</summary>
    public IReadOnlyList<int> Dying { get; init; } = [];

    /// <summary>The ranking keys, the one that decides first in front.</summary>
    public IReadOnlyList<string> Keys { get; init; } = [];

    /// <summary>Those that may be killed, the one that dies first in front.</summary>
    public IReadOnlyList<RankedContainer> Ranking { get; init; } = [];

    /// <summary>Those that may not, and why.</summary>
    public IReadOnlyList<SparedContainer> Excluded { get; init; } = [];

    /// <summary>How many containers there are, those that are left out here among them.</summary>
    public int Total { get; init; }

    /// <summary>What was told lately of the Pod that was asked for; null when all were.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<RecentReport>? Recent { get; init; }
}

/// <summary>The node, or the slice that is short of memory.</summary>
/// <param name="Signal">What says that it is short; null when nothing does.</param>
/// <param name="Slice">The cgroup whose own limit leaves too little; null for the node.</param>
/// <param name="TotalBytes">MemTotal, or the slice's limit.</param>
/// <param name="AvailableBytes">MemAvailable, or what is left of the limit.</param>
/// <param name="UsableSwapBytes">What the free swap is worth.</param>
/// <param name="KillBelowBytes">The threshold.</param>
/// <param name="RecoverToBytes">What a kill is to bring it back to.</param>
/// <param name="FillBytesPerSecond">How fast memory is taken.</param>
internal sealed record ExplainedPressure(
    string? Signal,
    string? Slice,
    long TotalBytes,
    long AvailableBytes,
    long UsableSwapBytes,
    long KillBelowBytes,
    long RecoverToBytes,
    long FillBytesPerSecond)
{
    /// <summary>True while swap can still take what is missing: then the threshold alone kills nobody.</summary>
    public bool HasSwapToSpare { get; init; }
}

/// <summary>The signals besides the threshold, by policy.</summary>
/// <param name="TimeLeftSeconds">Short when what is left would last no longer; 0 is never.</param>
/// <param name="StallSeconds">An alarm goes off when tasks stall for so long...</param>
/// <param name="StallWindowSeconds">... within this.</param>
/// <param name="StallWithoutSwapSeconds">Short when alarms go on for so long, without swap to spare.</param>
/// <param name="StallWithSwapSeconds">The same with swap to spare.</param>
/// <param name="ThrashSeconds">Short when all tasks stall at once for so long; 0 is never.</param>
/// <param name="UsesSwap">False: swap does not count as room.</param>
internal sealed record ExplainedSignals(
    double TimeLeftSeconds,
    double StallSeconds,
    double StallWindowSeconds,
    double StallWithoutSwapSeconds,
    double StallWithSwapSeconds,
    double ThrashSeconds,
    bool UsesSwap);

/// <summary>One stage before the kill.</summary>
/// <param name="Name">observe, reclaim, throttle or terminate.</param>
/// <param name="BelowBytes">It begins when less is available.</param>
internal sealed record ExplainedStage(string Name, long BelowBytes);

/// <summary>One that may be killed.</summary>
internal sealed record RankedContainer(int Rank, bool WouldDie, IncidentCandidate Container)
{
    /// <summary>True when it would only be told of.</summary>
    public bool DryRun { get; init; }

    /// <summary>The score of each ranking key; the higher one dies first.</summary>
    public IReadOnlyDictionary<string, long> Scores { get; init; } = new Dictionary<string, long>();
}

/// <summary>One that may not.</summary>
internal sealed record SparedContainer(string Why, IncidentCandidate Container);

/// <summary>The generated serialisers: reflection does not survive NativeAOT.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(ExplainDocument))]
internal sealed partial class ExplainJson : JsonSerializerContext;
