using System.Text.Json.Serialization;
using NodeReaper.Agent.Reporting;

namespace NodeReaper.Agent.Control;

/// <summary>The state of the agent. Fields are added, never changed; <see cref="Version"/> rises when one must be.</summary>
internal sealed record StatusDocument
{
    public int Version { get; init; } = 1;

    public string? Node { get; init; }

    public required string AgentVersion { get; init; }

    public required string Strategy { get; init; }

    public bool DryRun { get; init; }

    /// <summary>Of the Pods of these it only tells, and of those that it does not know while there are any.</summary>
    public IReadOnlyList<string> DryRunNamespaces { get; init; } = [];

    public double UptimeSeconds { get; init; }

    /// <summary>How long ago the pressure thread last went round.</summary>
    public double LoopAgeSeconds { get; init; }

    /// <summary>How long ago the Pods were last known to be as they are; null when nobody tells of Pods.</summary>
    public double? PodsAgeSeconds { get; init; }

    public long AvailableBytes { get; init; }

    public long KillBelowBytes { get; init; }

    /// <summary>Free swap that is of use while that keeps the threshold from counting; 0 once swap is spent.</summary>
    public long SwapToSpareBytes { get; init; }

    /// <summary>Containers at the last look: candidate, or why they may not be killed.</summary>
    public required IReadOnlyDictionary<string, long> Containers { get; init; }

    public long PendingReleaseBytes { get; init; }

    public long HeldVictims { get; init; }

    /// <summary>Reports since the start, by kind.</summary>
    public required IReadOnlyDictionary<string, long> Reports { get; init; }

    public long FreedBytes { get; init; }

    /// <summary>What became of the shortages in which a dry run only told.</summary>
    public required DryRunScore DryRunEpisodes { get; init; }

    /// <summary>The last reports, the newest last.</summary>
    public required IReadOnlyList<RecentReport> Recent { get; init; }
}

/// <summary>One report.</summary>
/// <param name="Time">When it was decided.</param>
/// <param name="Kind">What it is about.</param>
/// <param name="Pod">NAMESPACE/NAME of the victim; null without one, or when its Pod is not known.</param>
/// <param name="Summary">The sentence that the log has.</param>
internal sealed record RecentReport(DateTimeOffset Time, string Kind, string? Pod, string Summary);

/// <summary>The generated serialisers: reflection does not survive NativeAOT.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true)]
[JsonSerializable(typeof(StatusDocument))]
internal sealed partial class StatusJson : JsonSerializerContext;
