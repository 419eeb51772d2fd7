using System.Diagnostics;
using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Killing;
using NodeReaper.Engine.Planning;
using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Pressure;
using NodeReaper.Engine.Ranking;
using NodeReaper.Engine.Stages;
using NodeReaper.Engine.Verification;

namespace NodeReaper.Engine.Reporting;

/// <summary>
/// Fills the cycle's reports, from the snapshot, the ranking and the plan of the moment: those must belong together whenever
/// something is told.
/// </summary>
internal sealed class CycleReports(ReportRing reports, CandidateSnapshot snapshot, VictimRanking ranking, KillPlan plan)
{
    internal void NoVictim(in Occasion occasion, ReapPolicy policy)
    {
        if (Begin(ReportKind.NoVictim, occasion, policy) is not null)
        {
            reports.Publish();
        }
    }

    internal void DryRun(in Occasion occasion, ReapPolicy policy, int victim)
    {
        if (Begin(ReportKind.DryRun, occasion, policy) is { } report)
        {
            KeepVictim(report, occasion, policy, victim);
            reports.Publish();
        }
    }

    internal void Capped(in Occasion occasion, ReapPolicy policy)
    {
        if (Begin(ReportKind.Capped, occasion, policy) is { } report)
        {
            report.KillsInWindow = Decisions.MaxKills(occasion.Verdict, policy.Plan);
            report.KillWindow = policy.Plan.KillWindow;
            reports.Publish();
        }
    }

    internal void KernelOom(in Occasion occasion, ReapPolicy policy, ContainerCgroup? victim, long count, LateReason reason)
    {
        if (Begin(ReportKind.KernelOom, occasion, policy) is { } report)
        {
            report.KeepKernelOom(victim, count, reason, policy.DryRun || policy.DryRunNamespaces.Count > 0);
            reports.Publish();
        }
    }

    internal void Livelocked(in Occasion occasion, ReapPolicy policy, ContainerCgroup container)
    {
        if (Begin(ReportKind.Livelocked, occasion, policy) is { } report)
        {
            report.KeepContainer(container);
            reports.Publish();
        }
    }

    internal void Attributed(in Occasion occasion, ContainerCgroup? atLimit)
    {
        if (BeginWithoutRanking(ReportKind.Attributed, occasion) is { } report)
        {
            if (atLimit is not null)
            {
                report.KeepContainer(atLimit);
            }

            reports.Publish();
        }
    }

    internal void Observed(in Occasion occasion, ReapPolicy policy)
    {
        if (Begin(ReportKind.Observed, occasion, policy) is not null)
        {
            reports.Publish();
        }
    }

    internal void Reclaimed(in Occasion occasion, in ReportedCandidate container, long bytes)
    {
        if (BeginWithoutRanking(ReportKind.Reclaimed, occasion) is { } report)
        {
            report.KeepContainer(container);
            report.StageBytes = bytes;
            reports.Publish();
        }
    }

    internal void Throttled(in Occasion occasion, ReapPolicy policy, int index)
    {
        if (Begin(ReportKind.Throttled, occasion, policy) is { } report)
        {
            report.KeepVictim(snapshot, ranking, policy.Ranking, index);
            report.StageBytes = snapshot.All[index].Cgroup.ThrottledAt;
            reports.Publish();
        }
    }

    internal void Unthrottled(in Occasion occasion, ContainerCgroup container, bool isLeftover)
    {
        if (BeginWithoutRanking(ReportKind.Unthrottled, occasion) is { } report)
        {
            report.KeepContainer(container);
            report.IsLeftover = isLeftover;
            reports.Publish();
        }
    }

    internal void Terminated(in Occasion occasion, ReapPolicy policy, int index, TimeSpan grace)
    {
        if (Begin(ReportKind.Terminated, occasion, policy) is { } report)
        {
            KeepVictim(report, occasion, policy, index);
            report.Grace = grace;
            reports.Publish();
        }
    }

    /// <summary>Tells of a kill, or of one that was refused. Of those that die, the victim is the first.</summary>
    /// <returns>The number of the report; null when there was no room for it.</returns>
    internal long? Killed(
        in Occasion occasion,
        ReapPolicy policy,
        ReadOnlySpan<int> dying,
        KillTarget target,
        ReadOnlySpan<VictimProcess> processes,
        in KillOutcome outcome,
        in ReliefResult relief,
        long availableAfterBytes)
    {
        if (Begin(outcome.IsKilled ? ReportKind.Killed : ReportKind.Refused, occasion, policy) is not { } report)
        {
            return null;
        }

        var sequence = report.Sequence;
        KeepVictim(report, occasion, policy, dying[0]);
        foreach (var along in dying[1..])
        {
            report.KeepAlsoKilled(snapshot.All[along].Container);
        }

        report.KeepProcesses(processes);
        report.Outcome = outcome;
        report.Relief = relief;
        report.Scope = target.Scope;
        report.ContainerCount = target.Cgroups.Length;
        report.AvailableAfterBytes = availableAfterBytes;
        reports.Publish();
        return sequence;
    }

    /// <summary>Tells of a victim that is gone at last.</summary>
    /// <returns>False when there was no room for it.</returns>
    internal bool Drained(in Occasion occasion, in DrainingVictim drained)
    {
        if (BeginWithoutRanking(ReportKind.Drained, occasion) is not { } report)
        {
            return false;
        }

        report.KeepDrained(drained);
        reports.Publish();
        return true;
    }

    // Whoever stands still at its own limit was not taken for its place. When a grace period is over, it is those whom the plan lacks that have time.
    private void KeepVictim(ReapReport report, in Occasion occasion, ReapPolicy policy, int index)
    {
        report.KeepVictim(snapshot, ranking, policy.Ranking, index);
        var isGraceOver = occasion.Verdict.Signal == SoftStages.TerminateStage && report.Kind != ReportKind.Terminated;
        report.Rank = occasion.Verdict.Signal == Occasion.OwnLimit ? default
            : VictimRank.Of(snapshot, ranking, plan, index) is var rank && isGraceOver ? new VictimRank(rank.Place, 0, 0)
            : rank;
    }

    private ReapReport? Begin(ReportKind kind, in Occasion occasion, ReapPolicy policy)
    {
        if (reports.Rent() is not { } report)
        {
            return null;
        }

        Fill(report, kind, occasion);
        report.KeepRanking(snapshot, ranking, policy.Ranking);
        return report;
    }

    // The snapshot and the ranking may be of different moments here.
    private ReapReport? BeginWithoutRanking(ReportKind kind, in Occasion occasion)
    {
        if (reports.Rent() is not { } report)
        {
            return null;
        }

        Fill(report, kind, occasion);
        report.ForgetRanking();
        return report;
    }

    private static void Fill(ReapReport report, ReportKind kind, in Occasion occasion)
    {
        report.Kind = kind;
        report.Time = DateTimeOffset.UtcNow - Stopwatch.GetElapsedTime(occasion.Reading.Timestamp);
        report.Reading = occasion.Reading;
        report.Limits = occasion.Limits;
        report.Verdict = occasion.Verdict;
        report.SlicePath = occasion.Slice?.Path;
        report.Livelock = occasion.Livelock;
        report.Stall = occasion.Stall;
        report.Outcome = default;
        report.Relief = default;
        report.Rank = default;
        report.AvailableAfterBytes = occasion.Reading.Memory.AvailableBytes;
    }
}
