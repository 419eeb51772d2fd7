using System.Diagnostics;
using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Killing;
using NodeReaper.Engine.OwnLimits;
using NodeReaper.Engine.Pressure;
using NodeReaper.Engine.Reporting;
using NodeReaper.Engine.Verification;

namespace NodeReaper.Agent.Reporting;

/// <summary>Turns reports into lines of the incident file.</summary>
internal static class IncidentRecords
{
    private static readonly StallPlaces[] s_places = Enum.GetValues<StallPlaces>()[1..];

    internal static IncidentRecord Of(ReapReport report, string? node) => new()
    {
        Time = report.Time,
        Node = node,
        Sequence = report.Sequence,
        Kind = CamelCase.Of(report.Kind),
        Summary = ReportSentence.Of(report),
        Pressure = PressureOf(report),
        Victim = report.HasVictim ? CandidateOf(report.Victim) : null,
        Kill = report.Kind is ReportKind.Killed or ReportKind.Refused ? KillOf(report) : null,
        Drain = report.Kind == ReportKind.Drained ? DrainOf(report.Drained) : null,
        KernelOom = report.Kind == ReportKind.KernelOom
            ? new IncidentKernelOom(report.KernelOomCount, CamelCase.Of(report.LateReason))
            : null,
        Stall = report.Stall.Time > TimeSpan.Zero ? StallOf(report.Stall) : null,
        Stage = StageOf(report),
        OwnLimit = report.Verdict.Signal == Occasion.OwnLimit
            ? new IncidentLivelock(
                report.Livelock.LimitBytes,
                report.Livelock.StalledPercent,
                Math.Round(report.Livelock.Time.TotalSeconds, 1),
                report.Livelock.LimitHits,
                report.Livelock.IsPodLimit)
            : null,
        Ranking = RankingOf(report),
        RankedTotal = report.RankedTotal,
        Rank = report.Rank.Place > 0 ? report.Rank.Place : null,
        PassedOver = report.Rank.PassedOver > 0 ? new IncidentPassedOver(report.Rank.PassedOver, report.Rank.PassedOverBytes) : null,
        Excluded = Enum.GetValues<Exclusion>()
            .Where(exclusion => exclusion != Exclusion.None && report.ExcludedBy(exclusion) > 0)
            .ToDictionary(CamelCase.Of, report.ExcludedBy),
        Spared = report.HasSpared ? CandidateOf(report.Spared) : null,
    };

    private static IncidentStall StallOf(in StallEvidence stall) => new(
        Milliseconds(stall.Time),
        Milliseconds(stall.Waited),
        Milliseconds(stall.InCgroups),
        Milliseconds(stall.AtLimits),
        Milliseconds(stall.Longest),
        Milliseconds(stall.Enough));

    private static double Milliseconds(TimeSpan time) => Math.Round(time.TotalMilliseconds, 3);

    private static IncidentStage? StageOf(ReapReport report) => report.Kind switch
    {
        ReportKind.Reclaimed or ReportKind.Throttled => new IncidentStage(report.StageBytes, null, null),
        ReportKind.Unthrottled => new IncidentStage(null, null, report.IsLeftover),
        ReportKind.Terminated => new IncidentStage(null, report.Grace.TotalSeconds, null),
        _ => null,
    };

    private static IncidentDrain DrainOf(in DrainingVictim drained) => new(
        drained.Incident,
        Math.Round((drained.GoneAt - drained.DecidedAt) / (double)Stopwatch.Frequency, 3),
        drained.Left.Current + drained.Left.Swap + drained.HugetlbLeft);

    private static IncidentPressure PressureOf(ReapReport report) => new()
    {
        Signal = report.Verdict.Signal,
        Slice = report.SlicePath,
        MemTotalBytes = report.Reading.Memory.TotalBytes,
        AvailableBytes = report.Reading.Memory.AvailableBytes,
        SwapTotalBytes = report.Reading.Memory.SwapTotalBytes,
        SwapFreeBytes = report.Reading.Memory.SwapFreeBytes,
        FillBytesPerSecond = report.Reading.FillBytesPerSecond,
        TimeLeftSeconds = report.Reading.FillBytesPerSecond > 0
            ? Math.Round((double)report.Reading.Memory.AvailableBytes / report.Reading.FillBytesPerSecond, 3)
            : null,
        UsableSwapBytes = report.Reading.UsableSwapBytes,
        IsStalling = report.Reading.IsStalling,
        StallingSeconds = Math.Round(report.Reading.StallingFor.TotalSeconds, 3),
        FullyStallingSeconds = Math.Round(report.Reading.FullyStallingFor.TotalSeconds, 3),
        Stalling = [.. s_places.Where(place => report.Reading.Stalling.HasFlag(place)).Select(CamelCase.Of)],
        AllocationStallsPerSecond = report.Reading.Reclaim.AllocationStalls,
        KswapdScansPerSecond = report.Reading.Reclaim.KswapdScans,
        DirectScansPerSecond = report.Reading.Reclaim.DirectScans,
        RefaultsPerSecond = report.Reading.Reclaim.Refaults,
        KillBelowBytes = report.Limits.KillBelowBytes,
        RecoverToBytes = report.Limits.RecoverToBytes,
        DeficitBytes = report.Verdict.DeficitBytes,
        IsEmergency = report.Verdict.IsEmergency,
        AvailableAfterBytes = report.AvailableAfterBytes,
    };

    private static List<IncidentCandidate> RankingOf(ReapReport report)
    {
        var ranking = new List<IncidentCandidate>(report.Ranked.Length);
        foreach (ref readonly var candidate in report.Ranked)
        {
            ranking.Add(CandidateOf(candidate));
        }

        return ranking;
    }

    internal static IncidentCandidate CandidateOf(in ReportedCandidate candidate)
    {
        var facts = candidate.Facts;
        return new IncidentCandidate
        {
            Namespace = facts.Pod?.Namespace,
            Pod = facts.Pod?.Name,
            PodUid = candidate.PodUid,
            Container = facts.Container?.Name,
            ContainerId = candidate.ContainerId,
            CgroupId = candidate.CgroupId,
            QosClass = facts.QosClass.ToString(),
            PodPriority = facts.PodPriority,
            KillPriority = facts.KillPriority,
            RequestBytes = facts.RequestBytes,
            IsCause = facts.IsCause,
            OverRequestBytes = facts.OverRequestBytes,
            GrowthBytesPerSecond = facts.GrowthBytesPerSecond,
            FreeableBytes = facts.FreeableBytes,
            CurrentBytes = facts.Memory.Current,
            AnonBytes = facts.Memory.Anon,
            ShmemBytes = facts.Memory.Shmem,
            FileBytes = facts.Memory.File,
            KernelBytes = facts.Memory.Kernel,
            SwapBytes = facts.Memory.Swap,
            Exclusion = facts.Exclusion == Exclusion.None ? null : CamelCase.Of(facts.Exclusion),
            IsAskedToEnd = facts.IsAskedToEnd,
            DecidingKey = candidate.DecidingKey?.Name,
        };
    }

    private static IncidentKill KillOf(ReapReport report)
    {
        var outcome = report.Outcome;
        var relief = report.Relief;
        return new IncidentKill
        {
            Strategy = CamelCase.Of(outcome.Strategy),
            Outcome = OutcomeOf(report),
            Refusal = outcome.Refusal == Refusal.None ? null : CamelCase.Of(outcome.Refusal),
            Proof = outcome.IsKilled ? CamelCase.Of(relief.Proof) : null,
            BytesBefore = relief.Before.Current + relief.Before.Swap,
            BytesFreed = relief.FreedBytes,
            AnonLeft = relief.Left.Anon,
            ShmemLeft = relief.Left.Shmem,
            FileLeft = relief.Left.File,
            KernelLeft = relief.Left.Kernel,
            SwapLeft = relief.Left.Swap,
            UnevictableLeft = relief.Left.Unevictable,
            HugetlbLeft = relief.HugetlbLeft,
            SignalMilliseconds = ReportSentence.Milliseconds(outcome.DecidedAt, outcome.SignalledAt),
            ReleasedMilliseconds = ReportSentence.Milliseconds(outcome.DecidedAt, outcome.ReleasedAt),
            FreedMilliseconds = ReportSentence.Milliseconds(outcome.DecidedAt, relief.FreedAt),
            DeadMilliseconds = ReportSentence.Milliseconds(outcome.DecidedAt, relief.DeadAt),
            DetectToSignalMilliseconds = ReportSentence.Milliseconds(report.Reading.Timestamp, outcome.SignalledAt),
            Scope = CamelCase.Of(report.Scope),
            ContainerCount = report.ContainerCount,
            SharerPid = outcome.SharerProcessId == 0 ? null : outcome.SharerProcessId,
            ProcessCount = outcome.ProcessCount,
            HeldCount = outcome.HeldCount,
            Processes = ProcessesOf(report),
        };
    }

    internal static string OutcomeOf(ReapReport report) => report switch
    {
        { Outcome.Refusal: not Refusal.None } => "refused",
        { Outcome.IsKilled: false } => "failed",
        { Relief: { IsFreed: true, IsDead: true } } => "freed",
        _ => "incomplete",
    };

    private static List<IncidentProcess> ProcessesOf(ReapReport report)
    {
        var processes = new List<IncidentProcess>(report.Processes.Length);
        foreach (ref readonly var process in report.Processes)
        {
            processes.Add(new IncidentProcess(
                process.ProcessId,
                process.Name,
                process.HeldThread != 0,
                StepResults.Signal(process, report.Outcome),
                StepResults.Release(process),
                process.ReleaseAttempts,
                ReportSentence.Milliseconds(report.Outcome.DecidedAt, process.DeadAt)));
        }

        return processes;
    }
}
