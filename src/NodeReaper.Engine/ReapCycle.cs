using System.Diagnostics;
using NodeReaper.Engine.Assessment;
using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Killing;
using NodeReaper.Engine.OwnLimits;
using NodeReaper.Engine.Planning;
using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Pressure;
using NodeReaper.Engine.Ranking;
using NodeReaper.Engine.Recording;
using NodeReaper.Engine.Reporting;
using NodeReaper.Engine.Stages;
using NodeReaper.Engine.Verification;

namespace NodeReaper.Engine;

/// <summary>
/// The product's one sentence: a signal says the node is short of memory; the assessor decides whether that is true and
/// how many bytes are missing; the ranker orders the candidates; the planner takes the smallest set that covers what is
/// missing; the killer kills and reaps; the verifier proves what came back; the report goes to every sink.
/// One thread runs it, always the same, because the killer must stay on one.
/// </summary>
public sealed partial class ReapCycle : IDisposable
{
    private static readonly long s_apart = Stopwatch.Frequency / 2;
    private readonly CandidateSnapshot _snapshot = new(2048);
    private readonly VictimRanking _ranking = new();
    private readonly KillPlan _plan = new();
    private readonly DrainingVictims _draining = new();
    private readonly Func<DrainingVictim, bool> _tellOfDrained;
    private readonly KillBudget _budget = new();
    private readonly StallBlame _blame = new();
    private readonly RecentGrowth _growth = new();
    private ReapPolicy _policy;
    private readonly NodePressure _node;
    private readonly KubepodsTree _tree;
    private readonly CandidateCollector _collector;
    private readonly Killer _killer;
    private readonly Verifier _verifier;
    private readonly VictimReap _reap;
    private readonly KernelOomWatch _kernelOoms;
    private readonly Episodes _episodes = new();
    private readonly CycleReports _tell;
    private readonly SoftStages _stages;
    private readonly Func<PodSnapshot> _newestPods;
    private long _round;
    private long _lookedAtAskedAt;
    private volatile bool _isStopping;

    /// <summary>Puts the stages together.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="strategy">The strategy that passed its self-test; not Auto.</param>
    /// <param name="node">The node's signals.</param>
    /// <param name="tree">The containers.</param>
    /// <param name="collector">Joins them with the Pods.</param>
    /// <param name="killer">Kills.</param>
    /// <param name="verifier">Proves.</param>
    /// <param name="mainProcess">Asks containers to end.</param>
    /// <param name="reports">Where reports go.</param>
    /// <param name="newestPods">Gives the newest snapshot of the Pods, at once and without allocating.</param>
    public ReapCycle(
        ReapPolicy policy,
        KillStrategy strategy,
        NodePressure node,
        KubepodsTree tree,
        CandidateCollector collector,
        Killer killer,
        Verifier verifier,
        MainProcess mainProcess,
        ReportRing reports,
        Func<PodSnapshot> newestPods)
    {
        _policy = policy;
        _node = node;
        _tree = tree;
        _collector = collector;
        _killer = killer;
        _verifier = verifier;
        _tell = new CycleReports(reports, _snapshot, _ranking, _plan);
        _reap = new VictimReap(strategy, node, _snapshot, killer, verifier, _draining, _tell);
        _kernelOoms = new KernelOomWatch(node, tree);
        _stages = new SoftStages(node, tree, _snapshot, _ranking, _plan, _tell, mainProcess, killer.Errors, _budget, Survey, DrainingBytes);
        _newestPods = newestPods;
        _tellOfDrained = TellOfDrained;
    }

    /// <summary>The policy in force.</summary>
    public ReapPolicy Policy => _policy;

    /// <summary>The victims that were killed and are not gone yet.</summary>
    public DrainingVictims Draining => _draining;

    /// <summary>Figures of the moment, for other threads.</summary>
    public Gauges Gauges { get; } = new();

    /// <summary>Where the samples and decisions are recorded.</summary>
    public FlightRecorder Recorder { get; init; } = new();

    /// <summary>What has been done so far.</summary>
    public CycleTotals Totals { get; private set; }

    /// <summary>Ends a kill that is still being verified. Safe from any thread.</summary>
    public void Stop()
    {
        _isStopping = true;
        _verifier.Stop();
    }

    /// <summary>
    /// Puts another policy in force, from the next decision on. What the threads were started with stays: the strategy, the
    /// number of reapers, the alarm of the kernel.
    /// </summary>
    /// <param name="policy">The policy.</param>
    public void Adopt(ReapPolicy policy) => _policy = policy;

    /// <summary>True when nothing could be done in the last round, or nothing had to be: there is time for other things.</summary>
    public bool IsIdle { get; private set; } = true;

    // What was done about the shortage of a place. One that waits for what it did before keeps no other from acting.
    private enum Answer
    {
        Nothing,
        Waits,
        Acted,
    }

    /// <summary>Decides on the last reading and acts on it: for the first place that is short of memory and where something can be done.</summary>
    public void Run()
    {
        _round++;
        Recorder.Note(_node, _policy);
        var hadTold = _episodes.HaveToldOfDryRun;
        var isNodeShort = false;
        IsIdle = true;
        var slices = _node.Slices.All;
        var answer = Answer.Nothing;
        for (var place = -1; place < slices.Length && answer != Answer.Acted; place++)
        {
            var slice = place < 0 ? null : slices[place] is { IsLimited: true } limited ? limited : null;
            var episode = place < 0 ? _episodes.OfNode : _episodes.Of(place, slice);
            if (place >= 0 && slice is null)
            {
                continue;
            }

            var occasion = Occasion.Of(_node, _policy.Pressure, slice);
            episode.Note(occasion);
            if (occasion.Verdict.IsShort)
            {
                answer = Meet(occasion, episode);
                isNodeShort |= slice is null && episode.IsShort(occasion);
                IsIdle &= answer == Answer.Nothing;
            }
        }

        if (hadTold && !_episodes.HaveToldOfDryRun)
        {
            Gauges.NoteDryRunOver(_node.Last.Timestamp);
        }

        ForgetShortages();
        if (isNodeShort || !IsIdle)
        {
            _stages.LiftIfOver(_policy);
        }
        else
        {
            WorkOnStages();
        }
    }

    private bool Allows(in Occasion occasion) => _budget.Allows(occasion.Verdict, _policy.Plan);

    private bool Allows(in Occasion occasion, in Candidate candidate) => IsCounted(candidate) || Allows(occasion);

    // Who was asked to end was counted then, as long as that is within the window.
    private bool IsCounted(in Candidate candidate) =>
        candidate.IsAskedToEnd && Stopwatch.GetElapsedTime(candidate.Cgroup.AskedAt) < _policy.Plan.KillWindow;

    private Answer Meet(Occasion occasion, Episode episode)
    {
        // What is on its way back need not be taken from anybody else; the pause is for what does not come.
        var verdict = occasion.Verdict;
        var pending = PendingBytes(occasion);
        if (pending >= Math.Min(verdict.DeficitBytes, PlanReach.EnoughBytes(occasion, hasCause: false))
            || pending + AskedBytes(occasion) >= verdict.DeficitBytes
            || (!verdict.IsEmergency && occasion.Reading.Timestamp < _reap.PauseUntil))
        {
            return Answer.Waits;
        }

        // Nobody could be killed a moment ago, and all that has changed since is that it got worse.
        if (episode.IsWaiting(occasion))
        {
            return Answer.Nothing;
        }

        // Stalls alone may be those of a container at its own limit, for which nobody else dies. What is available counts whoever took it.
        if (occasion.IsStall && !IsOfPlace(ref occasion, episode))
        {
            return Answer.Nothing;
        }

        return Decide(occasion, episode, pending);
    }

    private Answer Decide(in Occasion occasion, Episode episode, long pending)
    {
        Survey(occasion.Slice);

        // Those who were asked to end are in the plan themselves, and are taken out of it again while they have time.
        Decisions.Plan(_snapshot, _ranking, occasion, pending, _policy.Plan, _plan);
        Capture(DecisionKind.Shortage, occasion, pending);

        // A hog that died by itself since the signals were read is no candidate any more, and its memory is back: nobody
        // else may die in its place. Nor while there is swap that one who has grown since the last look may use.
        if (!IsStillShort(occasion, out _))
        {
            return Answer.Acted;
        }

        // Whom a dry run has told of would have ended it: nobody dies in their place, and nobody is asked to end.
        if (Decisions.WouldBeOver(occasion, Decisions.ToldBytes(_snapshot)))
        {
            episode.WaitForAChange(occasion);
            return Answer.Nothing;
        }

        if (_plan.Count > 0 && !Decisions.IsInVain(occasion, _snapshot, _ranking))
        {
            _stages.GrantGrace(_policy, occasion);
            if (_plan.Count == 0)
            {
                episode.WaitForAChange(occasion);
                return Answer.Waits;
            }
        }

        var isWithinBudget = _plan.Count > 0 ? Allows(occasion, _snapshot.All[_plan.Victims[0]]) : Allows(occasion);
        var conclusion = Decisions.Conclude(occasion, _snapshot, _ranking, _plan, isWithinBudget);
        Recorder.Conclude(_plan, isWithinBudget, conclusion);
        switch (conclusion)
        {
            case Conclusion.NoVictim:
                episode.WaitForAChange(occasion);
                TellOfNoVictim(occasion, episode);
                return Answer.Nothing;
            case Conclusion.Capped:
                TellOfCap(occasion, episode);
                return Answer.Nothing;
            default:
                if (Execute(occasion, episode))
                {
                    return Answer.Acted;
                }

                // A dry run: nothing has changed.
                episode.WaitForAChange(occasion);
                return Answer.Nothing;
        }
    }

    // Of the same place: that another one is short is another matter.
    private bool IsStillShort(in Occasion occasion, out PressureVerdict verdict)
    {
        verdict = default;
        if (_node.Read(_policy.Pressure) && occasion.Slice is null or { IsLimited: true })
        {
            verdict = Occasion.Of(_node, _policy.Pressure, occasion.Slice).Verdict;
        }

        return verdict.IsShort;
    }

    // Of the dead. In an emergency there is no time to wait for what had its time to come back.
    private long PendingBytes(in Occasion occasion) => occasion.Verdict.IsEmergency ? 0 : DrainingBytes(occasion.Slice);

    private long DrainingBytes(SlicePressure? slice) =>
        _draining.PendingBytes(_policy.Kill.Cooldown, slice, _policy.Pressure.UseSwap ? 0 : _node.SwapOnDisk());

    // What those hold who were asked to end, as it is now: some of it may be back, and taken by others.
    private long AskedBytes(in Occasion occasion)
    {
        if (_stages.PendingBytes(occasion) > 0 && occasion.Reading.Timestamp - _lookedAtAskedAt >= s_apart)
        {
            _lookedAtAskedAt = occasion.Reading.Timestamp;
            Survey(occasion.Slice);
        }

        return _stages.PendingBytes(occasion);
    }

    private void Capture(DecisionKind kind, in Occasion occasion, long pendingBytes = 0) =>
        Recorder.Capture(kind, _node, _policy, occasion, pendingBytes, _snapshot, _ranking, _plan);

    // False when nobody was even tried. Of a stage, or a container at its own limit, there is no episode.
    private bool Execute(in Occasion occasion, Episode? episode)
    {
        var hasKilled = false;
        var toldBytes = Decisions.ToldBytes(_snapshot);
        foreach (var index in _plan.Victims)
        {
            var candidate = _snapshot.All[index];
            if (_policy.IsDryRunFor(candidate))
            {
                toldBytes += TellOfDryRun(index, occasion, episode);
                if (Decisions.WouldBeOver(occasion, toldBytes))
                {
                    return hasKilled;
                }

                continue;
            }

            if (candidate.Cgroup.IsQuarantined)
            {
                // It died along with one before it.
                continue;
            }

            if (hasKilled && !Allows(occasion, candidate))
            {
                TellOfCap(occasion, episode);
                return true;
            }

            var isKilled = _reap.Reap(index, occasion, _policy, out var freedBytes);
            if (isKilled)
            {
                hasKilled = true;
                episode?.ReasonToSpare = null;
                if (!IsCounted(candidate))
                {
                    _budget.Note(_reap.KilledAt);
                }

                candidate.Cgroup.GraceEnds = 0;
                Totals = Totals with { Kills = Totals.Kills + 1, FreedBytes = Totals.FreedBytes + freedBytes };
            }

            Recorder.Keep();

            // The next victim dies only if this one did not suffice; and if nothing came back from this one, not at once. What is
            // left of a plan whose first was refused covers too little: it is made anew.
            if (!isKilled || _isStopping || !IsStillShort(occasion, out var now) || (_node.Last.Timestamp < _reap.PauseUntil && !now.IsEmergency))
            {
                return true;
            }
        }

        return hasKilled;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _stages.Dispose();
        _draining.Dispose();
        _kernelOoms.Dispose();
    }
}
