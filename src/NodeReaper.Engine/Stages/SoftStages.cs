using System.Diagnostics;
using NodeReaper.Engine.Assessment;
using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Killing;
using NodeReaper.Engine.Planning;
using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Pressure;
using NodeReaper.Engine.Ranking;
using NodeReaper.Engine.Reporting;

namespace NodeReaper.Engine.Stages;

/// <summary>
/// What is done before anybody is killed, by policy: observe, reclaim, throttle, terminate. Runs on the pressure thread while no place is
/// short of memory; what it began is undone when the pressure is gone, and when the agent ends.
/// </summary>
internal sealed partial class SoftStages : IDisposable
{
    /// <summary>The name of the last stage, in place of a signal's.</summary>
    internal const string TerminateStage = "terminate";

    private static readonly long s_apart = Stopwatch.Frequency / 2;
    // Who grows faster than that is for the kill.
    private static readonly TimeSpan s_timeToThrottle = TimeSpan.FromSeconds(2);

    // The kernel reclaims what is above the mark while it is being written: room for a second's growth keeps that from us.
    private const long LeastRoomBytes = 4L << 20;
    private static readonly long s_calm = 60 * Stopwatch.Frequency;
    private static readonly long s_barren = 30 * Stopwatch.Frequency;

    private readonly NodePressure _node;
    private readonly StageMarks _marks;
    private readonly KubepodsTree _tree;
    private readonly CandidateSnapshot _snapshot;
    private readonly VictimRanking _ranking;
    private readonly KillPlan _plan;
    private readonly CycleReports _tell;
    private readonly Action<SlicePressure?> _survey;
    private readonly Func<SlicePressure?, long> _drainingBytes;
    private readonly MainProcess _mainProcess;
    private readonly KillBudget _budget;
    private readonly Throttles _throttles;
    private readonly Reclaimer _reclaimer;
    private long _workedAt;
    private long _lookedAtThrottlesAt;
    private bool _hasToldWhatItSees;
    private bool _hasToldOfCap;
    private Occasion _reclaimOccasion;
    private ReportedCandidate _reclaimedFrom;
    private ContainerCgroup? _reclaimedCgroup;
    private long _reclaimWanted;

    internal SoftStages(
        NodePressure node,
        KubepodsTree tree,
        CandidateSnapshot snapshot,
        VictimRanking ranking,
        KillPlan plan,
        CycleReports tell,
        MainProcess mainProcess,
        KillErrors errors,
        KillBudget budget,
        Action<SlicePressure?> survey,
        Func<SlicePressure?, long> drainingBytes)
    {
        _node = node;
        _marks = new StageMarks(node);
        _tree = tree;
        _snapshot = snapshot;
        _ranking = ranking;
        _plan = plan;
        _tell = tell;
        _mainProcess = mainProcess;
        _budget = budget;
        _survey = survey;
        _drainingBytes = drainingBytes;
        _throttles = new Throttles(errors);
        _reclaimer = new Reclaimer(errors);
    }

    /// <summary>Does what the stages ask for, twice a second at most. Allocates nothing but for the reclaim thread, once.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="mayKill">False during the pause after a kill that is incomplete: nobody is asked to end then, and nobody's grace period ends.</param>
    /// <param name="occasion">What they rest on.</param>
    /// <returns>True when the plan holds those whose grace period is over.</returns>
    internal bool Work(ReapPolicy policy, bool mayKill, out Occasion occasion)
    {
        occasion = default;
        var stages = policy.Stages;
        var now = _node.Last.Timestamp;
        TellOfReclaim();
        if (now - _workedAt < s_apart)
        {
            return false;
        }

        _workedAt = now;
        _hasToldOfCap = _hasToldOfCap && !_marks.IsOver(policy, stages.Terminate);
        LiftIfOver(policy);
        Observe(policy);
        if (policy.DryRun)
        {
            return false;
        }

        if (_marks.TryFind(policy, stages.Reclaim, "reclaim", isSwapSpent: false, out var toReclaim) && !_reclaimer.IsBusy)
        {
            Reclaim(policy, toReclaim);
        }

        if (_marks.TryFind(policy, stages.Throttle, "throttle", isSwapSpent: true, out var toThrottle))
        {
            Throttle(policy, toThrottle);
        }

        return mayKill && _marks.TryFind(policy, stages.Terminate, TerminateStage, isSwapSpent: true, out occasion) && Terminate(policy, occasion);
    }

    /// <summary>What is expected back from those of a place that were asked to end and still have time, in bytes.</summary>
    /// <param name="occasion">The shortage: of one with no time to wait, nothing is.</param>
    internal long PendingBytes(in Occasion occasion) => LeavesTime(occasion.Verdict) ? PendingBytes(occasion.Slice) : 0;

    private long PendingBytes(SlicePressure? slice)
    {
        long bytes = 0;
        var now = Stopwatch.GetTimestamp();
        foreach (var container in _tree.Containers)
        {
            bytes += Grace.Lasts(container, now) && slice?.Holds(container) != false ? container.LastFreeableBytes : 0;
        }

        return bytes;
    }

    /// <summary>
    /// Takes out of the plan who asked for a grace period, as long as there is time for it, and asks them to end. When somebody has to die
    /// all the same, those who were asked before are the first.
    /// </summary>
    /// <param name="policy">The policy.</param>
    /// <param name="occasion">The shortage.</param>
    internal void GrantGrace(ReapPolicy policy, in Occasion occasion)
    {
        if (!policy.DryRun && LeavesTime(occasion.Verdict))
        {
            GiveTime(policy, occasion);
        }

        AskedFirst.Apply(_snapshot, _ranking, policy, _plan);
    }

    private void GiveTime(ReapPolicy policy, in Occasion occasion)
    {
        // Nobody has time while one behind it in the ranking must die in the meantime.
        var now = Stopwatch.GetTimestamp();
        var first = _plan.Count;
        while (first > 0 && (IsTold(policy, first - 1) || MayHaveTime(policy, occasion, first - 1, now)))
        {
            first--;
        }

        // Nor is anybody asked while one in front of it dies, or would but for a dry run: that may be enough, as the next look tells.
        var mayAsk = first == 0;
        for (var position = first; position < _plan.Count;)
        {
            var index = _plan.Victims[position];
            if (IsTold(policy, position))
            {
                mayAsk = false;
                position++;
            }
            else if (mayAsk && !Grace.Lasts(_snapshot.All[index].Cgroup, now)
                && !Ask(policy, occasion, index, Grace.Wished(_snapshot.All[index], policy.Stages).GetValueOrDefault()))
            {
                mayAsk = false;
                position++;
            }
            else
            {
                _plan.Remove(position, _snapshot.All);
            }
        }
    }

    private bool IsTold(ReapPolicy policy, int position) => policy.IsDryRunFor(_snapshot.All[_plan.Victims[position]].Pod);

    private bool MayHaveTime(ReapPolicy policy, in Occasion occasion, int position, long now)
    {
        ref readonly var candidate = ref _snapshot.All[_plan.Victims[position]];
        return Grace.Lasts(candidate.Cgroup, now)
            || (candidate.Cgroup.GraceEnds == 0 && Grace.Wished(candidate, policy.Stages) is { } grace && Grace.Fits(occasion, candidate, grace));
    }

    /// <summary>
    /// Forgets that somebody was asked to end, once that is over, or the grace period for a minute without a death: the next time, they are asked anew, and
    /// come before nobody.
    /// </summary>
    /// <param name="policy">The policy.</param>
    /// <param name="container">Who may have been asked.</param>
    internal void ForgetGrace(ReapPolicy policy, ContainerCgroup container)
    {
        if (container.GraceEnds > 0
            && (container.GraceEnds < Stopwatch.GetTimestamp() - s_calm || _marks.IsOver(policy, policy.Stages.Terminate, container)))
        {
            container.GraceEnds = 0;
        }
    }

    public void Dispose()
    {
        foreach (var container in _tree.Containers)
        {
            if (container.ThrottledAt > 0)
            {
                _ = _throttles.Lift(container);
            }
        }

        _reclaimer.Dispose();
    }

    // Stalls and a limit that is seconds away leave no time; what is low and stays there does.
    private static bool LeavesTime(in PressureVerdict verdict) => !verdict.IsEmergency && verdict.Signal == AvailableSignal.SignalName;

    private void Observe(ReapPolicy policy)
    {
        var below = policy.Stages.Observe;
        if (!_hasToldWhatItSees && _marks.TryFind(policy, below, "observe", isSwapSpent: true, out var occasion))
        {
            _hasToldWhatItSees = true;
            _survey(occasion.Slice);
            _tell.Observed(occasion, policy);
        }
        else if (_hasToldWhatItSees && _marks.IsOver(policy, below))
        {
            _hasToldWhatItSees = false;
        }
    }

    private void Reclaim(ReapPolicy policy, in Occasion occasion)
    {
        // Page cache counts as available as it is: only what can be swapped out makes a difference.
        var room = occasion.Reading.UsableSwapBytes;
        if (room < occasion.Limits.KillBelowBytes / 8)
        {
            return;
        }

        _survey(occasion.Slice);
        var now = Stopwatch.GetTimestamp();
        foreach (var index in _ranking.Order)
        {
            ref readonly var candidate = ref _snapshot.All[index];
            if (candidate.Cgroup.BarrenUntil > now || candidate.Memory.Anon == 0 || !MaySwap(candidate) || policy.IsDryRunFor(candidate))
            {
                continue;
            }

            _reclaimWanted = Math.Min(Math.Min(room / 2, occasion.Verdict.DeficitBytes), candidate.Memory.Anon);
            if (_reclaimer.Begin(candidate.Cgroup.Directory, _reclaimWanted).IsNone)
            {
                _reclaimOccasion = occasion;
                _reclaimedFrom.Keep(candidate, null);
                _reclaimedCgroup = candidate.Cgroup;
                return;
            }
        }
    }

    private static bool MaySwap(in Candidate candidate) => candidate.Cgroup.SwapLimitBytes is not { } limit || limit > candidate.Memory.Swap;

    private void TellOfReclaim()
    {
        if (_reclaimer.TryTakeResult(out var bytes) && _reclaimedCgroup is { } container)
        {
            // Then it uses what it has, and is left alone for a while.
            if (container.Id == _reclaimedFrom.CgroupId && bytes < _reclaimWanted / 2)
            {
                container.BarrenUntil = Stopwatch.GetTimestamp() + s_barren;
            }

            _tell.Reclaimed(_reclaimOccasion, _reclaimedFrom, bytes);
        }
    }

    /// <summary>Tells, once, that the cap on kills keeps the stage from going on.</summary>
    internal void TellOfCap(ReapPolicy policy, in Occasion occasion)
    {
        if (!_hasToldOfCap && !_budget.Allows(occasion.Verdict, policy.Plan))
        {
            _hasToldOfCap = true;
            _tell.Capped(occasion, policy);
        }
    }

    // True when the plan holds those whose time is over.
    private bool Terminate(ReapPolicy policy, in Occasion occasion)
    {
        var now = Stopwatch.GetTimestamp();
        var draining = _drainingBytes(occasion.Slice);
        if (draining + PendingBytes(occasion.Slice) >= Math.Min(occasion.Verdict.DeficitBytes, PlanReach.EnoughBytes(occasion, hasCause: false)))
        {
            return false;
        }

        _survey(occasion.Slice);
        if (Decisions.ToldBytes(_snapshot) >= occasion.Verdict.DeficitBytes || Decisions.IsInVain(occasion, _snapshot, _ranking))
        {
            return false;
        }

        Decisions.Plan(_snapshot, _ranking, occasion, draining, policy.Plan, _plan);
        for (var position = _plan.Count - 1; position >= 0; position--)
        {
            var index = _plan.Victims[position];
            ref readonly var candidate = ref _snapshot.All[index];
            if (!Grace.IsOver(candidate.Cgroup, now))
            {
                if (candidate.Cgroup.GraceEnds == 0
                    && !policy.IsDryRunFor(candidate)
                    && Grace.ThatFits(occasion, candidate, policy.Stages) is { } grace
                    && !Ask(policy, occasion, index, grace))
                {
                    TellOfCap(policy, occasion);
                }

                _plan.Remove(position, _snapshot.All);
            }
        }

        return _plan.Count > 0;
    }

    // To ask is to kill, as far as the cap on kills goes.
    private bool Ask(ReapPolicy policy, in Occasion occasion, int index, TimeSpan grace)
    {
        ref readonly var candidate = ref _snapshot.All[index];
        var now = Stopwatch.GetTimestamp();
        if (!_budget.Allows(occasion.Verdict, policy.Plan) || !_mainProcess.Terminate(candidate.Cgroup.Directory, candidate.FreeableBytes).IsNone)
        {
            return false;
        }

        _budget.Note(now);
        candidate.Cgroup.AskedAt = now;
        candidate.Cgroup.GraceEnds = now + (long)(grace.TotalSeconds * Stopwatch.Frequency);
        _tell.Terminated(occasion, policy, index, grace);
        return true;
    }
}
