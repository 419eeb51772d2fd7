using System.Text.Json.Serialization;

namespace NodeReaper.Agent.Reporting;

/// <summary>One line of the incident file. Fields are added, never changed; <see cref="Version"/> rises when one must be.</summary>
internal sealed record IncidentRecord
{
    public int Version { get; init; } = 1;

    public required DateTimeOffset Time { get; init; }

    public string? Node { get; init; }

    public long Sequence { get; init; }

    /// <summary>
    /// killed, dryRun, noVictim, refused, drained, kernelOom, capped, livelocked, attributed; or of a stage: observed, reclaimed, throttled, unthrottled,
    /// terminated.
    /// </summary>
    public required string Kind { get; init; }

    /// <summary>The sentence that the log has.</summary>
    public required string Summary { get; init; }

    public required IncidentPressure Pressure { get; init; }

    public IncidentCandidate? Victim { get; init; }

    public IncidentKill? Kill { get; init; }

    /// <summary>The end of a kill that was incomplete; only where the kind is drained.</summary>
    public IncidentDrain? Drain { get; init; }

    /// <summary>What the kernel's OOM killer did; only where the kind is kernelOom.</summary>
    public IncidentKernelOom? KernelOom { get; init; }

    /// <summary>Whose stalls they are; only where stalls are what was decided on.</summary>
    public IncidentStall? Stall { get; init; }

    /// <summary>What a stage did; null where it only observed.</summary>
    public IncidentStage? Stage { get; init; }

    /// <summary>How the container stands still at its own limit; only where that is what was decided on.</summary>
    public IncidentLivelock? OwnLimit { get; init; }

    /// <summary>The first of the ranking, the victim among them.</summary>
    public IReadOnlyList<IncidentCandidate> Ranking { get; init; } = [];

    public int RankedTotal { get; init; }

    /// <summary>The victim's place in the ranking, from 1; null where none was decided on.</summary>
    public int? Rank { get; init; }

    /// <summary>Who stood before the victim, and was not in the plan; null for nobody.</summary>
    public IncidentPassedOver? PassedOver { get; init; }

    /// <summary>How many containers were excluded, by reason.</summary>
    public IReadOnlyDictionary<string, int> Excluded { get; init; } = new Dictionary<string, int>();

    /// <summary>The container that holds the most memory of those that were excluded.</summary>
    public IncidentCandidate? Spared { get; init; }
}

/// <summary>The node, or the slice that was short of memory, when it was decided.</summary>
internal sealed record IncidentPressure
{
    public string? Signal { get; init; }

    /// <summary>The cgroup whose own limit leaves too little, and whose limit is the total here; null for the node.</summary>
    public string? Slice { get; init; }

    public long MemTotalBytes { get; init; }

    public long AvailableBytes { get; init; }

    public long SwapTotalBytes { get; init; }

    public long SwapFreeBytes { get; init; }

    /// <summary>What the free swap is worth: without what the containers may not use, or zram would take back.</summary>
    public long UsableSwapBytes { get; init; }

    public long FillBytesPerSecond { get; init; }

    /// <summary>When none is left at that rate, without swap; null when it does not shrink.</summary>
    public double? TimeLeftSeconds { get; init; }

    public bool IsStalling { get; init; }

    public double StallingSeconds { get; init; }

    /// <summary>For how long all tasks of the node have waited at once.</summary>
    public double FullyStallingSeconds { get; init; }

    /// <summary>Where the kernel's alarms went off: node, nodeFull, kubepods, burstable, bestEffort.</summary>
    public IReadOnlyList<string> Stalling { get; init; } = [];

    /// <summary>Tasks a second that had to reclaim for the node's sake: 0 when a pod merely thrashes at its own limit.</summary>
    public long AllocationStallsPerSecond { get; init; }

    /// <summary>Pages a second that background reclaim looked at.</summary>
    public long KswapdScansPerSecond { get; init; }

    /// <summary>Pages a second that tasks looked at; on newer kernels also for a pod at its own limit.</summary>
    public long DirectScansPerSecond { get; init; }

    /// <summary>Pages a second that were read back soon after they had been dropped.</summary>
    public long RefaultsPerSecond { get; init; }

    public long KillBelowBytes { get; init; }

    public long RecoverToBytes { get; init; }

    public long DeficitBytes { get; init; }

    public bool IsEmergency { get; init; }

    public long AvailableAfterBytes { get; init; }
}

/// <summary>Those before the victim in the ranking whose deaths would not have covered what was missing.</summary>
/// <param name="Count">How many.</param>
/// <param name="Bytes">What their deaths would have given back together.</param>
internal sealed record IncidentPassedOver(int Count, long Bytes);

/// <summary>For how long tasks waited for memory while it was measured whose stalls they are, in milliseconds.</summary>
/// <param name="TimeMilliseconds">For how long that was measured.</param>
/// <param name="WaitedMilliseconds">The node, or the slice.</param>
/// <param name="InCgroupsMilliseconds">As much of that as Pods and services account for.</param>
/// <param name="AtLimitsMilliseconds">Those of them that met a limit of their own.</param>
/// <param name="LongestMilliseconds">The container that waited longest of those that met none.</param>
/// <param name="EnoughMilliseconds">From how much on it is the place that stalls.</param>
internal sealed record IncidentStall(
    double TimeMilliseconds,
    double WaitedMilliseconds,
    double InCgroupsMilliseconds,
    double AtLimitsMilliseconds,
    double LongestMilliseconds,
    double EnoughMilliseconds);

/// <summary>What a stage did.</summary>
/// <param name="Bytes">Reclaimed, or the mark above which the container is slowed down; null for other stages.</param>
/// <param name="GraceSeconds">The time between SIGTERM and the kill.</param>
/// <param name="IsLeftover">True when an agent before this one had left the container slowed down.</param>
internal sealed record IncidentStage(long? Bytes, double? GraceSeconds, bool? IsLeftover);

/// <summary>A container that stands still at its own limit, or its Pod's.</summary>
internal sealed record IncidentLivelock(long LimitBytes, int StalledPercent, double Seconds, long LimitHits, bool IsPodLimit);

/// <summary>A candidate, with the value of each key.</summary>
internal sealed record IncidentCandidate
{
    public string? Namespace { get; init; }

    public string? Pod { get; init; }

    public required string PodUid { get; init; }

    public string? Container { get; init; }

    public required string ContainerId { get; init; }

    public long CgroupId { get; init; }

    public required string QosClass { get; init; }

    public int PodPriority { get; init; }

    public int KillPriority { get; init; }

    public long RequestBytes { get; init; }

    /// <summary>True when it took much of the memory that went in the last minute, beyond its request.</summary>
    public bool IsCause { get; init; }

    public long OverRequestBytes { get; init; }

    public long GrowthBytesPerSecond { get; init; }

    public long FreeableBytes { get; init; }

    public long CurrentBytes { get; init; }

    public long AnonBytes { get; init; }

    public long ShmemBytes { get; init; }

    public long FileBytes { get; init; }

    public long KernelBytes { get; init; }

    public long SwapBytes { get; init; }

    /// <summary>Why it may not be chosen; null when it may.</summary>
    public string? Exclusion { get; init; }

    /// <summary>True when it was told to end (SIGTERM) in this shortage: it dies before those who were not.</summary>
    public bool IsAskedToEnd { get; init; }

    /// <summary>The key that put it in front of the next one; null for the last.</summary>
    public string? DecidingKey { get; init; }
}

/// <summary>The kill and its proof. Times are from the decision.</summary>
internal sealed record IncidentKill
{
    public required string Strategy { get; init; }

    /// <summary>freed, incomplete, refused or failed.</summary>
    public required string Outcome { get; init; }

    public string? Refusal { get; init; }

    public string? Proof { get; init; }

    public long BytesBefore { get; init; }

    public long BytesFreed { get; init; }

    public long AnonLeft { get; init; }

    public long ShmemLeft { get; init; }

    public long FileLeft { get; init; }

    public long KernelLeft { get; init; }

    public long SwapLeft { get; init; }

    /// <summary>The part of the others that is mlocked, or in ramfs.</summary>
    public long UnevictableLeft { get; init; }

    public long HugetlbLeft { get; init; }

    public double? SignalMilliseconds { get; init; }

    public double? ReleasedMilliseconds { get; init; }

    public double? FreedMilliseconds { get; init; }

    public double? DeadMilliseconds { get; init; }

    /// <summary>From the reading that showed the shortage to the signal.</summary>
    public double? DetectToSignalMilliseconds { get; init; }

    /// <summary>container, process or pod.</summary>
    public required string Scope { get; init; }

    /// <summary>How many containers died.</summary>
    public int ContainerCount { get; init; }

    /// <summary>A process outside that shares the victim's address space, and keeps it; null for none.</summary>
    public int? SharerPid { get; init; }

    public int ProcessCount { get; init; }

    public int HeldCount { get; init; }

    public IReadOnlyList<IncidentProcess> Processes { get; init; } = [];
}

/// <summary>What the kernel's OOM killer did before the agent.</summary>
/// <param name="Processes">How many processes it killed since the last look.</param>
/// <param name="Late">Why it came first.</param>
internal sealed record IncidentKernelOom(long Processes, string Late);

/// <summary>The end of a kill that was incomplete.</summary>
/// <param name="Incident">The sequence number of the incident that told of the kill.</param>
/// <param name="GoneSeconds">From the decision to kill until the cgroup was empty.</param>
/// <param name="BytesLeft">What its cgroup holds all the same, such as files on tmpfs.</param>
internal sealed record IncidentDrain(long Incident, double GoneSeconds, long BytesLeft);

/// <summary>What became of one process, by errno name; null where that was not tried.</summary>
internal sealed record IncidentProcess(int Pid, string Name, bool Held, string? Signal, string? Release, int Attempts, double? DeadMilliseconds);

/// <summary>The generated serialisers: reflection does not survive NativeAOT.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(IncidentRecord))]
internal sealed partial class IncidentJson : JsonSerializerContext;
