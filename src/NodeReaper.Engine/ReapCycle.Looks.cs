using System.Diagnostics;
using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Explaining;
using NodeReaper.Engine.OwnLimits;
using NodeReaper.Engine.Planning;
using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Pressure;
using NodeReaper.Engine.Ranking;
using NodeReaper.Engine.Recording;
using NodeReaper.Engine.Reporting;
using NodeReaper.Engine.Verification;

namespace NodeReaper.Engine;

// What is looked at beside the shortage itself: the containers in between, those at their own limit, the victims that are not gone, and what the
// kernel killed.
public sealed partial class ReapCycle
{
    // Beyond the slowest sample, it is not the policy that kept the agent from looking.
    private static readonly TimeSpan s_turn = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Says what would be decided now, under the policy in force or the one that is asked about. Only the kernel is read; nothing is done, and
    /// however often it is asked, the growth that a decision sees stays the same.
    /// </summary>
    /// <param name="explanation">What is filled.</param>
    public void Explain(Explanation explanation)
    {
        var policy = explanation.OtherPolicy ?? _policy;
        var occasion = explanation.OtherPolicy is null ? FirstShort(policy.Pressure) : Occasion.Of(_node, policy.Pressure);
        _tree.Refresh();
        _snapshot.SwapOnDisk = _node.SwapOnDisk();
        _collector.Collect(_tree, _newestPods(), policy, _snapshot, occasion.Slice, measuresGrowth: false);
        if (occasion.Verdict.IsShort)
        {
            _growth.MarkCauses(_snapshot, _node.Last.Memory.AvailableBytes, occasion.Limits, occasion.Slice);
        }

        Ranker.Rank(_snapshot, policy.Ranking, _ranking);
        explanation.Fill(occasion, policy, _snapshot, _ranking, _plan);
    }

    // Stalls that are not known to be a place's own make nobody die.
    private Occasion FirstShort(PressurePolicy pressure)
    {
        var ofNode = Occasion.Of(_node, pressure, null);
        var slices = _node.Slices.All;
        for (var place = 0; place < slices.Length && !_episodes.OfNode.IsShort(ofNode); place++)
        {
            if (slices[place] is { IsLimited: true } slice && Occasion.Of(_node, pressure, slice) is var ofSlice && _episodes.Of(place, slice).IsShort(ofSlice))
            {
                return ofSlice;
            }
        }

        return _episodes.OfNode.IsShort(ofNode) ? ofNode : ofNode with { Verdict = default };
    }

    /// <summary>Looks at the containers while there is no hurry, so that what a decision needs is known when it comes.</summary>
    public void LookAround()
    {
        SwapAllowance.ReadLimits(_tree, _node);
        Survey(null, isShort: false);
        Recorder.Note(_node.Last.Timestamp, _policy, _snapshot, _ranking);
        Gauges.Note(_snapshot.All);
        _tree.FillPool();
        _kernelOoms.Remember();
        _stages.LiftLeftovers(_policy);
        LookForLivelocks();
    }

    // One at a time: the next look finds the next.
    private void LookForLivelocks()
    {
        if (LivelockWatch.Find(_tree.Containers, _policy.OwnLimit, out var livelock) is not { } container)
        {
            return;
        }

        Survey(null, isShort: false);
        var occasion = Occasion.Of(_node, _policy.Pressure, livelock);
        for (var index = 0; index < _snapshot.Count; index++)
        {
            ref readonly var candidate = ref _snapshot.All[index];
            if (!ReferenceEquals(candidate.Cgroup, container))
            {
                continue;
            }

            if (Decisions.DiesAtOwnLimit(candidate, _policy))
            {
                if (!Allows(occasion))
                {
                    // It is found again when the cap allows for it.
                    container.Livelock = container.Livelock with { IsFound = false };
                    return;
                }

                _plan.TakeOnly(index, candidate.ReliefBytes);
                Capture(DecisionKind.OwnLimit, occasion);
                Execute(occasion, null);
            }
            else
            {
                _tell.Livelocked(occasion, _policy, container);
            }

            return;
        }
    }

    // The containers as they are now, and their order. Of memory that is not missing, there is no cause.
    private void Survey(SlicePressure? slice) => Survey(slice, isShort: true);

    private void Survey(SlicePressure? slice, bool isShort)
    {
        _tree.Refresh();
        _snapshot.SwapOnDisk = _node.SwapOnDisk();
        _collector.Collect(_tree, _newestPods(), _policy, _snapshot, slice);
        SwapAllowance.Note(_snapshot.All, _node);
        _growth.Remember(_snapshot, _node.Last.Memory.AvailableBytes, _node.Last.Timestamp);
        if (isShort)
        {
            var memory = (slice?.Last ?? _node.Last).Memory;
            var limits = PressureLimits.Of(_policy.Pressure, memory, slice is not null);
            _growth.MarkCauses(_snapshot, _node.Last.Memory.AvailableBytes, limits, slice);
        }

        Ranker.Rank(_snapshot, _policy.Ranking, _ranking);
    }

    /// <summary>Writes down the figures of the moment.</summary>
    public void NoteGauges()
    {
        Gauges.Note(_node, _policy.Pressure, _episodes);
        Gauges.Note(_draining.PendingBytes(_policy.Kill.Cooldown), _killer.HeldCount, _draining.Count, Totals.OwnLimitKills);
    }

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
        // Who met a limit of its own was not killed for the node's shortage, and is not for us to prevent.
        var count = _kernelOoms.Look(out var victim, out var slice, out var atOwnLimit);
        Totals = Totals with { OwnLimitKills = Totals.OwnLimitKills + atOwnLimit };
        if (count == 0)
        {
            return;
        }

        Totals = Totals with { KernelKills = Totals.KernelKills + count };
        Survey(slice);
        _plan.Clear();
        Capture(DecisionKind.KernelOom, Occasion.Of(_node, _policy.Pressure, slice));

        // With that kill, much may be available again: what was seen before it counts, at the time of the record.
        var before = SightBefore.Of(Recorder.Ring, slice?.Last ?? _node.Last, slice?.Path);
        var occasion = Occasion.Of(before.Lowest with { Timestamp = _node.Last.Timestamp }, _policy.Pressure, slice);
        _tell.KernelOom(occasion, _policy, victim, count, ReasonToBeLate(before, occasion));
        Recorder.Keep();
    }

    private LateReason ReasonToBeLate(SightBefore before, Occasion seen) => Stopwatch.GetTimestamp() switch
    {
        var now when EpisodeOf(seen.Slice).ReasonToBeLate(now) is { } reason => reason,
        var now when now < _reap.PauseUntil || DrainingBytes(seen.Slice) > 0 => LateReason.WaitingForTheLastVictim,
        var now when _reap.KilledAt > 0 && now - _reap.KilledAt < 2 * Stopwatch.Frequency => LateReason.KillUnderWay,
        _ when before.LongestGap > _policy.Pressure.SlowestSample + s_turn => LateReason.AgentHadNoTurn,
        _ when seen.Reading.Memory.AvailableBytes < seen.Limits.KillBelowBytes && !seen.Reading.IsSwapSpent(seen.Limits) => LateReason.SwapLeft,
        _ when EpisodeOf(seen.Slice).HasToldOfAttribution => LateReason.StallAtOwnLimits,
        _ => LateReason.NoShortageSeen,
    };

    private Episode EpisodeOf(SlicePressure? slice)
    {
        var slices = _node.Slices.All;
        for (var place = 0; place < slices.Length; place++)
        {
            if (slice is not null && ReferenceEquals(slices[place], slice))
            {
                return _episodes.Of(place, slice);
            }
        }

        return _episodes.OfNode;
    }

    private bool TellOfDrained(DrainingVictim drained) => _tell.Drained(Occasion.Of(_node, _policy.Pressure), drained);
}
