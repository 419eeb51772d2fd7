using System.Diagnostics;
using System.Globalization;
using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Killing;
using NodeReaper.Engine.OwnLimits;
using NodeReaper.Engine.Pressure;
using NodeReaper.Engine.Reporting;

namespace NodeReaper.Agent.Reporting;

/// <summary>Tells a report in one sentence: what, why, what came back, how fast, and which key decided.</summary>
internal static class ReportSentence
{
    /// <param name="report">The report.</param>
    /// <param name="namesOthers">False for readers who are not to know who else is on the node.</param>
    internal static string Of(ReapReport report, bool namesOthers = true)
    {
        if (report.Verdict.Signal == Occasion.OwnLimit)
        {
            return OfOwnLimit(report);
        }

        var where = report.SlicePath is { } slice ? $" of {slice}'s limit" : "";
        var why = $"{report.Verdict.Signal}: {ByteText.Of(report.Reading.Memory.AvailableBytes)} available{where}, "
            + $"threshold {ByteText.Of(report.Limits.KillBelowBytes)}, {ByteText.Of(report.Verdict.DeficitBytes)} missing";
        var spared = namesOthers ? Spared(report) : "";
        return report.Kind switch
        {
            ReportKind.KernelOom => $"the kernel's OOM killer came first: {report.KernelOomCount} process(es) killed, "
                + (report.HasVictim ? $"of {NameOf(report.Victim)}" : "of nobody who is still to be seen")
                + $"; {NameOf(report.LateReason)} (lowest reading before it: {ByteText.Of(report.Reading.Memory.AvailableBytes)} available, "
                + $"threshold {ByteText.Of(report.Limits.KillBelowBytes)})",
            ReportKind.Capped => $"short of memory ({why}), and {report.KillsInWindow} were killed within "
                + $"{report.KillWindow.TotalSeconds:0} s already: no more until that is over, or the node is about to run out (plan.maxKills)",
            ReportKind.Drained => $"gone at last: {NameOf(report.Victim)}, killed {Seconds(report)} s ago (incident {report.Drained.Incident}); "
                + $"left of it: {Residue(report.Drained.Left, report.Drained.HugetlbLeft)}",
            ReportKind.Attributed => $"nobody dies for it, as it is not {(report.SlicePath is { } path ? path : "the node")} that stalls ({why}): {OfStall(report.Stall)}"
                + (report.HasVictim ? $", most of it in {NameOf(report.Victim)}" : ""),
            ReportKind.Observed => $"memory is getting short ({why}); {First(report)}",
            ReportKind.Reclaimed => $"reclaimed {ByteText.Of(report.StageBytes)} from {NameOf(report.Victim)} ({why})",
            ReportKind.Throttled => $"slowed down {NameOf(report.Victim)} above {ByteText.Of(report.StageBytes)} (memory.high), for it grows by "
                + $"{ByteText.Of(report.Victim.Facts.GrowthBytesPerSecond)}/s ({why})",
            ReportKind.Unthrottled => $"no longer slowed down: {NameOf(report.Victim)}"
                + (report.IsLeftover ? ", as an agent before this one had left it" : ""),
            ReportKind.Terminated => $"asked {NameOf(report.Victim)} to end (SIGTERM), with {report.Grace.TotalSeconds:0.#} s to do so ({why}; {Decision(report)})",
            ReportKind.Killed => $"killed {Scope(report)}{NameOf(report.Victim)} ({why}; {Decision(report)}): {Relief(report)}{spared}",
            ReportKind.DryRun => $"would have killed {NameOf(report.Victim)} ({why}; {Decision(report)}), "
                + $"which would give back about {ByteText.Of(report.Victim.Facts.FreeableBytes)}{spared}",
            ReportKind.Refused => $"did not kill {NameOf(report.Victim)} ({why}): "
                + Kill.RefusalText.Of(report.Outcome.Refusal, report.Outcome.RefusedProcessId, "")
                + (report.Outcome.SignalError.IsNone ? "" : $" ({report.Outcome.SignalError})"),
            _ when report.RankedTotal > 0 => $"short of memory, and the deaths of all {report.RankedTotal} who may be killed would give back no more "
                + $"than {ByteText.Of(report.RankedBytes)} ({why}): {Exclusions(report)}{spared}",
            _ => $"short of memory, and nobody may be killed ({why}): {Exclusions(report)}{spared}",
        };
    }

    // No place is short of memory: the container itself is what this is about.
    private static string OfOwnLimit(ReapReport report)
    {
        var still = $"stood still at its {(report.Livelock.IsPodLimit ? "Pod's" : "own")} limit of {ByteText.Of(report.Livelock.LimitBytes)} for {report.Livelock.Time.TotalSeconds:0} s: "
            + $"all its tasks waited for memory {report.Livelock.StalledPercent} % of the time";
        return report.Kind switch
        {
            ReportKind.Killed => $"killed {Scope(report)}{NameOf(report.Victim)}, which {still}: {Relief(report)}",
            ReportKind.DryRun => $"would have killed {NameOf(report.Victim)}, which {still}",
            ReportKind.Refused => $"did not kill {NameOf(report.Victim)}, which {still}: "
                + Kill.RefusalText.Of(report.Outcome.Refusal, report.Outcome.RefusedProcessId, ""),
            _ => $"{NameOf(report.Victim)} {still}",
        };
    }

    private static string OfStall(in StallEvidence stall) =>
        $"of {Milliseconds(stall.Time)}, tasks waited for memory for {Milliseconds(stall.Waited)}, {Milliseconds(stall.Waited - stall.InCgroups)} of that while the kernel "
        + $"reclaimed ahead of them, and {Milliseconds(stall.AtLimits)} at limits of their own";

    private static string Milliseconds(TimeSpan time) => $"{time.TotalMilliseconds:0} ms";

    private static string First(ReapReport report) => report.Ranked.IsEmpty
        ? "nobody may be killed"
        : $"{NameOf(report.Ranked[0])} would be the first of {report.RankedTotal} to die";

    internal static string NameOf(in ReportedCandidate candidate)
    {
        var container = candidate.Facts.Container?.Name ?? Short(candidate.ContainerId);
        return candidate.Facts.Pod is { } pod
            ? $"{pod.Namespace}/{pod.Name}[{container}]"
            : $"pod {candidate.PodUid}[{container}]";
    }

    // What stays behind, by kind: none of these comes back with the reap.
    internal static string Residue(in MemoryUse left, long hugetlbBytes)
    {
        (string Kind, long Bytes)[] kinds =
        [
            ("anon", left.Anon), ("swap", left.Swap), ("mlocked", left.Unevictable), ("hugetlb", hugetlbBytes), ("shmem", left.Shmem),
            ("kernel", left.Kernel), ("page cache", left.File),
        ];
        var parts = kinds.Where(kind => kind.Bytes >= 4096).Select(kind => $"{kind.Kind} {ByteText.Of(kind.Bytes)}");
        var text = string.Join(", ", parts);
        return text.Length > 0 ? text : "nothing";
    }

    internal static double? Milliseconds(long from, long to) =>
        from == 0 || to == 0 ? null : Math.Round((to - from) * 1e3 / Stopwatch.Frequency, 3);

    internal static string Exclusions(ReapReport report)
    {
        var parts = Enum.GetValues<Exclusion>()
            .Where(exclusion => exclusion != Exclusion.None && report.ExcludedBy(exclusion) > 0)
            .Select(exclusion => $"{report.ExcludedBy(exclusion)} {NameOf(exclusion)}");
        var text = string.Join(", ", parts);
        return text.Length > 0 ? text : "no container is there";
    }

    internal static string NameOf(LateReason reason) => reason switch
    {
        LateReason.StallAtOwnLimits => "tasks had waited for memory at limits of their own, which was no shortage of the node",
        LateReason.NobodyMayBeKilled => "a shortage was seen, and nobody may be killed",
        LateReason.DryRun => "a dry run only tells",
        LateReason.WaitingForTheLastVictim => "the last victim had not given its memory back",
        LateReason.Capped => "the policy's cap on kills was reached",
        LateReason.KillUnderWay => "a kill was under way",
        LateReason.AgentHadNoTurn => "the agent itself got no turn to look: see its CPU limit and its node",
        LateReason.SwapLeft => "swap was left that seemed to be of use: see pressure.useSwap",
        _ => "no reading before it showed a shortage: raise pressure.killBelow or pressure.fastestFill",
    };

    internal static string NameOf(Exclusion exclusion) => exclusion switch
    {
        Exclusion.Protected => "protected",
        Exclusion.Sandbox => "sandbox",
        Exclusion.System => "system",
        Exclusion.OwnPod => "own",
        Exclusion.Starting => "starting",
        Exclusion.Quarantined => "quarantined",
        Exclusion.Elsewhere => "elsewhere",
        Exclusion.NothingToFree => "with nothing to free",
        Exclusion.Unreadable => "unreadable",
        Exclusion.ToldOf => "told of already",
        _ => exclusion.ToString(),
    };

    private static string Scope(ReapReport report) => report.Scope switch
    {
        KillScope.Process => "the largest process of ",
        KillScope.Pod when report.ContainerCount > 1 => $"with its Pod's {report.ContainerCount - 1} other app container(s) ",
        _ => "",
    };

    private static string Seconds(ReapReport report) =>
        ((report.Drained.GoneAt - report.Drained.DecidedAt) / (double)Stopwatch.Frequency).ToString("0.0", CultureInfo.InvariantCulture);

    private static string Decision(ReapReport report)
    {
        var by = report.Victim.DecidingKey is { } key ? $" by {key.Name}" : "";
        var asked = report.Victim.Facts.IsAskedToEnd ? "told to end before; " : "";
        return asked + report switch
        {
            { RankedTotal: 1 } => "the only candidate",
            { Rank.Place: 1 } => $"first of {report.RankedTotal}{(by.Length > 0 ? by : ", in a tie broken by UID")}",
            _ => $"number {report.Rank.Place} of {report.RankedTotal}{by}{PassedOver(report)}",
        };
    }

    // Who was told to end dies before them for that.
    private static string PassedOver(ReapReport report) => report.Rank.PassedOver == 0 || report.Victim.Facts.IsAskedToEnd
        ? ""
        : $", for those passed over before it ({report.Rank.PassedOver}, {ByteText.Of(report.Rank.PassedOverBytes)}) would "
            + (report.Rank.PassedOverBytes < report.Verdict.DeficitBytes ? "not have covered what is missing" : "have left too little room");

    private static string Relief(ReapReport report)
    {
        var relief = report.Relief;
        var freed = Milliseconds(report.Outcome.DecidedAt, relief.FreedAt);
        var dead = Milliseconds(report.Outcome.DecidedAt, relief.DeadAt);
        var available = $"{ByteText.Of(report.AvailableAfterBytes)} available now";
        return freed is null
            ? $"only {ByteText.Of(relief.FreedBytes)} of {ByteText.Of(relief.Before.Freeable)} back by the deadline"
                + (relief.IsDead ? "" : ", and it is not dead: it is quarantined until it is gone")
                + $"; left: {Residue(relief.Left, relief.HugetlbLeft)}{Sharer(report)}; {available}"
            : string.Create(CultureInfo.InvariantCulture, $"{ByteText.Of(relief.FreedBytes)} back in {freed:0.0} ms")
                + (dead is null ? ", not dead yet" : string.Create(CultureInfo.InvariantCulture, $", dead in {dead:0.0} ms")) + $"; {available}";
    }

    // Where the memory is, when it is not the victim that has the most.
    private static string Spared(ReapReport report)
    {
        var held = report.HasSpared ? report.Spared.Facts.Memory.Unreclaimable : 0;
        return held > (report.HasVictim ? report.Victim.Facts.Memory.Unreclaimable : 0)
            ? $"; more is held by {NameOf(report.Spared)} ({NameOf(report.Spared.Facts.Exclusion)}): {ByteText.Of(held)}"
            : "";
    }

    private static string Sharer(ReapReport report) => report.Outcome.SharerProcessId == 0
        ? ""
        : $" (process {report.Outcome.SharerProcessId}, outside, shares its address space and keeps it)";

    private static string Short(string containerId) => containerId.Length > 12 ? containerId[..12] : containerId;
}
