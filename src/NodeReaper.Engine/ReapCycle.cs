using System.Diagnostics;
using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Explaining;
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
public sealed class ReapCycle : IDisposable
{
    private readonly CandidateSnapshot _snapshot = new(2048);
    private readonly VictimRanking _ranking = new();
    private readonly KillPlan _plan = new();
    private readonly DrainingVictims _draining = new();
    private readonly Func<DrainingVictim, bool> _tellOfDrained;
    private readonly KillBudget _budget = new();
    private readonly LivelockWatch _livelocks = new();
    private ReapPolicy _policy;
    private readonly NodePressure _node;
    private readonly KubepodsTree _tree;
    private readonly CandidateCollector _collector;
    private readonly Killer _killer;
    private readonly Verifier _verifier;
    private readonly VictimReap _reap;
    private readonly KernelOomWatch _kernelOoms;
    private readonly Episode _episode = new();
    private readonly CycleReports _tell;
    private readonly SoftStages _stages;
    private readonly Func<PodSnapshot> _newestPods;
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
        _tell = new CycleReports(reports, _snapshot, _ranking);
        _reap = new VictimReap(strategy, node, _snapshot, killer, verifier, _draining, _tell);
        _kernelOoms = new KernelOomWatch(node, tree);
        _stages = new SoftStages(node, tree, _snapshot, _ranking, _plan, _tell, mainProcess, killer.Errors, Survey);
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

    /// <summary>Decides on the last reading and acts on it.</summary>
    public void Run()
    {
        Recorder.Note(_node, _policy);
        var occasion = Occasion.Of(_node, _policy.Pressure);
        var verdict = occasion.Verdict;
        if (!verdict.IsShort)
        {
            EndEpisode();
            if (_stages.Work(_policy, out var stage) && _budget.Allows(stage.Reading.Timestamp, _policy.Plan.MaxKills, _policy.Plan.KillWindow))
            {
                // Their grace period is over.
                Capture(DecisionKind.GraceOver, stage);
                Execute(stage);
            }

            return;
        }

        // What is on its way back need not be taken from anybody else; the pause is for what does not come.
        var pending = _draining.PendingBytes(_policy.Kill.Cooldown) + _stages.PendingBytes(verdict);
        if (!verdict.IsEmergency && (occasion.Reading.Timestamp < _reap.PauseUntil || pending >= verdict.DeficitBytes))
        {
            return;
        }

        // Nobody could be killed a moment ago, and all that has changed since is that it got worse.
        if (_episode.IsWaiting(occasion))
        {
            return;
        }

        Survey(occasion.Slice);

        // Those who were asked to end are in the plan themselves, and are taken out of it again while they have time.
        pending = _draining.PendingBytes(_policy.Kill.Cooldown);
        Decisions.Plan(_snapshot, _ranking, verdict, pending, _policy.Plan, _plan);
        Capture(DecisionKind.Shortage, occasion, pending);

        // A hog that died by itself since the signals were read is no candidate any more, and its memory is back: nobody
        // else may die in its place.
        if (!_node.Read(_policy.Pressure) || !Occasion.Of(_node, _policy.Pressure).Verdict.IsShort)
        {
            return;
        }

        // Whom a dry run has told of would have ended it: nobody dies in their place, and nobody is asked to end.
        if (Decisions.WouldBeOver(occasion, Decisions.ToldBytes(_snapshot)))
        {
            _episode.WaitForAChange(occasion);
            return;
        }

        var planned = _plan.Count;
        _stages.GrantGrace(_policy, occasion);
        if (_plan.Count == 0 && planned > 0)
        {
            return;
        }

        var isWithinBudget = _budget.Allows(occasion.Reading.Timestamp, _policy.Plan.MaxKills, _policy.Plan.KillWindow);
        var conclusion = Decisions.Conclude(occasion, _snapshot, _ranking, _plan, isWithinBudget);
        Recorder.Conclude(_plan, isWithinBudget, conclusion);
        switch (conclusion)
        {
            case Conclusion.NoVictim:
                _episode.WaitForAChange(occasion);
                TellOfNoVictim(occasion);
                break;
            case Conclusion.Capped:
                TellOfCap(occasion);
                break;
            default:
                if (!Execute(occasion))
                {
                    // A dry run: nothing has changed.
                    _episode.WaitForAChange(occasion);
                }

                break;
        }
    }

    private void Capture(DecisionKind kind, in Occasion occasion, long pendingBytes = 0) =>
        Recorder.Capture(kind, _node, _policy, occasion, pendingBytes, _snapshot, _ranking, _plan);

    /// <summary>
    /// Says what would be decided now, under the policy in force or the one that is asked about. Only the kernel is read; nothing is done, and
    /// however often it is asked, the growth that a decision sees stays the same.
    /// </summary>
    /// <param name="explanation">What is filled.</param>
    public void Explain(Explanation explanation)
    {
        var policy = explanation.OtherPolicy ?? _policy;
        var occasion = Occasion.Of(_node, policy.Pressure);
        _tree.Refresh();
        _collector.Collect(_tree, _newestPods(), policy, _snapshot, occasion.Slice, measuresGrowth: false);
        Ranker.Rank(_snapshot, policy.Ranking, _ranking);
        explanation.Fill(occasion, policy, _snapshot, _ranking, _plan);
    }

    /// <summary>Looks at the containers while there is no hurry, so that what a decision needs is known when it comes.</summary>
    public void LookAround()
    {
        Survey(null);
        Recorder.Note(_node.Last.Timestamp, _policy, _snapshot, _ranking);
        Gauges.Note(_snapshot.All);
        _tree.FillPool();
        _kernelOoms.Remember();
        _stages.LiftLeftovers(_policy);
        LookForLivelocks();
        SwapAllowance.Note(_node, _snapshot.All);
    }

    // One at a time: the next look finds the next.
    private void LookForLivelocks()
    {
        if (_livelocks.Find(_tree.Containers, _policy.OwnLimit, out var livelock) is not { } container)
        {
            return;
        }

        Survey(null);
        var occasion = Occasion.Of(_node, _policy.Pressure, livelock);
        for (var index = 0; index < _snapshot.Count; index++)
        {
            ref readonly var candidate = ref _snapshot.All[index];
            if (!ReferenceEquals(candidate.Cgroup, container))
            {
                continue;
            }

            if (_policy.OwnLimit.Kill && candidate.Exclusion == Exclusion.None)
            {
                if (!_budget.Allows(Stopwatch.GetTimestamp(), _policy.Plan.MaxKills, _policy.Plan.KillWindow))
                {
                    // It is found again when the cap allows for it.
                    container.Livelock = container.Livelock with { IsFound = false };
                    return;
                }

                _plan.TakeOnly(index, candidate.ReliefBytes);
                Capture(DecisionKind.OwnLimit, occasion);
                Execute(occasion);
            }
            else
            {
                _tell.Livelocked(occasion, _policy, container);
            }

            return;
        }
    }

    private void Look(SlicePressure? slice = null)
    {
        _tree.Refresh();
        _collector.Collect(_tree, _newestPods(), _policy, _snapshot, slice);
    }

    // The containers as they are now, and their order.
    private void Survey(SlicePressure? slice)
    {
        Look(slice);
        Ranker.Rank(_snapshot, _policy.Ranking, _ranking);
    }

    // False when nobody was even tried.
    private bool Execute(in Occasion occasion)
    {
        var hasKilled = false;
        var hasTried = false;
        var toldBytes = Decisions.ToldBytes(_snapshot);
        foreach (var index in _plan.Victims)
        {
            var candidate = _snapshot.All[index];
            if (_policy.IsDryRunFor(candidate))
            {
                toldBytes += TellOfDryRun(index, occasion);
                if (Decisions.WouldBeOver(occasion, toldBytes))
                {
                    return hasTried;
                }

                continue;
            }

            if (candidate.Cgroup.IsQuarantined)
            {
                // It died along with one before it.
                continue;
            }

            if (hasKilled && !occasion.Verdict.IsEmergency
                && !_budget.Allows(Stopwatch.GetTimestamp(), _policy.Plan.MaxKills, _policy.Plan.KillWindow))
            {
                TellOfCap(occasion);
                return true;
            }

            hasTried = true;
            if (_reap.Reap(index, occasion, _policy, out var freedBytes))
            {
                hasKilled = true;
                _budget.Note(_reap.KilledAt);
                Totals = Totals with { Kills = Totals.Kills + 1, FreedBytes = Totals.FreedBytes + freedBytes };
            }

            Recorder.Keep();

            // The next victim dies only if this one did not suffice; and if nothing came back from this one, not at once.
            var isStillShort = _node.Read(_policy.Pressure) && Occasion.Of(_node, _policy.Pressure).Verdict is { IsShort: true } now
                && (_node.Last.Timestamp >= _reap.PauseUntil || now.IsEmergency);
            if (_isStopping || !isStillShort)
            {
                return true;
            }
        }

        return hasTried;
    }

    private void EndEpisode()
    {
        if (!Occasion.HasRecovered(_node, _policy.Pressure))
        {
            return;
        }

        if (_episode.HasToldOfDryRun)
        {
            Gauges.NoteDryRunOver(_node.Last.Timestamp);
        }

        _episode.End();
        _stages.ForgetGrace(_policy);
        foreach (var container in _tree.Containers)
        {
            container.IsToldOf = false;
            container.IsWidened = false;
        }
    }

    private void TellOfNoVictim(in Occasion occasion)
    {
        if (!_episode.HasToldOfNoVictim)
        {
            _episode.HasToldOfNoVictim = true;
            Totals = Totals with { WithoutVictim = Totals.WithoutVictim + 1 };
            _tell.NoVictim(occasion, _policy);
            Recorder.Keep();
        }
    }

    private void TellOfCap(in Occasion occasion)
    {
        if (!_episode.HasToldOfCap)
        {
            _episode.HasToldOfCap = true;
            _tell.Capped(occasion, _policy);
            Recorder.Keep();
        }
    }

    // Returns what its death would have given back, in bytes.
    private long TellOfDryRun(int index, in Occasion occasion)
    {
        ref readonly var candidate = ref _snapshot.All[index];
        if (candidate.Cgroup.IsToldOf)
        {
            // It was to die along with one before it.
            return 0;
        }

        candidate.Cgroup.IsToldOf = true;
        for (var i = 0; candidate.Scope == KillScope.Pod && i < _snapshot.Count; i++)
        {
            ref readonly var sibling = ref _snapshot.All[i];
            sibling.Cgroup.IsToldOf |= sibling.DiesAlongWith(candidate);
        }

        _episode.HasToldOfDryRun = true;
        Totals = Totals with { DryRunKills = Totals.DryRunKills + 1 };
        _tell.DryRun(occasion, _policy, index);
        Recorder.Keep();
        return candidate.ReliefBytes;
    }

    /// <summary>Writes down the figures of the moment.</summary>
    public void NoteGauges() => Gauges.Note(
        _node.Last.Memory.AvailableBytes,
        PressureLimits.Of(_policy.Pressure, _node.Last.Memory.TotalBytes).KillBelowBytes,
        _draining.PendingBytes(_policy.Kill.Cooldown),
        _killer.HeldCount,
        _draining.Count,
        _node.Failures,
        Occasion.Of(_node, _policy.Pressure).Verdict.IsShort);

    /// <summary>Looks at the victims that are not gone, and tells of those that are now.</summary>
    public void LookAfterDraining()
    {
        _draining.Poll(_tellOfDrained);
        if (_draining.Count == 0)
        {
            _reap.EndPause();
        }
    }

    /// <summary>Tells when the kernel's OOM killer came first, what was seen before, and why that was not enough.</summary>
    public void LookForKernelKills()
    {
        var count = _kernelOoms.Look(out var victim, out var atOwnLimit);
        if (victim is null && atOwnLimit > 0)
        {
            // They met a limit of their own: that is not the node's shortage, and not for us to prevent.
            Totals = Totals with { OwnLimitKills = Totals.OwnLimitKills + atOwnLimit };
            return;
        }

        if (count == 0)
        {
            return;
        }

        Totals = Totals with { KernelKills = Totals.KernelKills + count };
        Survey(null);
        _plan.Clear();
        var occasion = Occasion.Of(_node, _policy.Pressure);
        Capture(DecisionKind.KernelOom, occasion);
        _tell.KernelOom(occasion, _policy, victim, count, ReasonToBeLate());
        Recorder.Keep();
    }

    private LateReason ReasonToBeLate() => Stopwatch.GetTimestamp() switch
    {
        _ when _episode.HasToldOfDryRun => LateReason.DryRun,
        _ when _episode.HasToldOfNoVictim => LateReason.NobodyMayBeKilled,
        _ when _episode.HasToldOfCap => LateReason.Capped,
        var now when now < _reap.PauseUntil || _draining.Count > 0 => LateReason.WaitingForTheLastVictim,
        var now when _reap.KilledAt > 0 && now - _reap.KilledAt < 2 * Stopwatch.Frequency => LateReason.KillUnderWay,
        _ => LateReason.NoShortageSeen,
    };

    /// <inheritdoc/>
    public void Dispose()
    {
        _stages.Dispose();
        _draining.Dispose();
    }

    private bool TellOfDrained(DrainingVictim drained) => _tell.Drained(Occasion.Of(_node, _policy.Pressure), drained);
}
