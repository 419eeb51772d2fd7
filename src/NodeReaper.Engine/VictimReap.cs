using System.Diagnostics;
using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Killing;
using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Pressure;
using NodeReaper.Engine.Reporting;
using NodeReaper.Engine.Verification;

namespace NodeReaper.Engine;

/// <summary>One victim of a plan: killed and reaped with all that dies along, its memory proven back, and told.</summary>
internal sealed class VictimReap
{
    private static readonly TimeSpan s_refusalPause = TimeSpan.FromSeconds(10);

    private readonly KillStrategy _strategy;
    private readonly NodePressure _node;
    private readonly CandidateSnapshot _snapshot;
    private readonly Killer _killer;
    private readonly Verifier _verifier;
    private readonly DrainingVictims _draining;
    private readonly CycleReports _tell;
    private readonly Func<bool> _isUrgent;
    private PressurePolicy _pressure = new();
    private SlicePressure? _slice;
    private readonly KillTarget _target = new();
    private readonly int[] _dying = new int[KillTarget.MaxCgroups];

    internal VictimReap(
        KillStrategy strategy,
        NodePressure node,
        CandidateSnapshot snapshot,
        Killer killer,
        Verifier verifier,
        DrainingVictims draining,
        CycleReports tell)
    {
        _strategy = strategy;
        _node = node;
        _snapshot = snapshot;
        _killer = killer;
        _verifier = verifier;
        _draining = draining;
        _tell = tell;
        _isUrgent = IsUrgent;
    }

    /// <summary>After a kill whose memory did not come back, nobody else dies before this, in ticks of <see cref="Stopwatch"/>.</summary>
    internal long PauseUntil { get; private set; }

    /// <summary>When somebody was killed last, in ticks of <see cref="Stopwatch"/>; 0 is never.</summary>
    internal long KilledAt { get; private set; }

    // What the target was filled with; the one that was chosen is the first.
    private ReadOnlySpan<int> Dying => _dying.AsSpan(0, _target.Cgroups.Length);

    /// <summary>Those that the pause was for are gone.</summary>
    internal void EndPause() => PauseUntil = 0;

    /// <summary>Kills it, unless the last look refuses it.</summary>
    /// <param name="index">Which candidate of the snapshot.</param>
    /// <param name="occasion">What for.</param>
    /// <param name="policy">The policy.</param>
    /// <param name="freedBytes">What is proven to be back.</param>
    /// <returns>False when it was refused, or no signal could be sent.</returns>
    internal bool Reap(int index, in Occasion occasion, ReapPolicy policy, out long freedBytes)
    {
        (_pressure, _slice) = (policy.Pressure, occasion.Slice);
        var before = Aim(index);
        ref readonly var chosen = ref _snapshot.All[index];
        var outcome = _killer.Kill(_target, _strategy, chosen.FreeableBytes + chosen.SiblingBytes, policy.Kill.Deadline);
        var proof = _target.IsCgroup ? ReliefProof.Cgroup : ReliefProof.ProcessInCgroup;
        var relief = outcome.IsKilled ? _verifier.Verify(_target, outcome, before, proof, policy.Kill.Deadline, _killer, _isUrgent) : default;
        if (outcome.IsKilled)
        {
            NoteKilled(_snapshot.All[index].Cgroup, relief, policy.Kill.Cooldown);
        }
        else
        {
            NoteRefused(_snapshot.All[index].Cgroup, outcome);
        }

        Tell(occasion, policy, outcome, relief);
        _killer.End();
        freedBytes = relief.FreedBytes;
        return outcome.IsKilled;
    }

    private bool IsUrgent() => _node.Read(_pressure) && Occasion.Of(_node, _pressure, _slice).Verdict.IsEmergency;

    // Fills the target with all that dies along, and tells what they use together.
    private MemoryUse Aim(int index)
    {
        ref readonly var chosen = ref _snapshot.All[index];
        _target.Fill(chosen.Scope);
        _dying[0] = index;
        _ = _target.Add(chosen.Cgroup.Directory);
        var before = chosen.Memory;
        for (var i = 0; chosen.Scope == KillScope.Pod && i < _snapshot.Count; i++)
        {
            ref readonly var sibling = ref _snapshot.All[i];
            if (sibling.DiesAlongWith(chosen) && _target.Add(sibling.Cgroup.Directory))
            {
                _dying[_target.Cgroups.Length - 1] = i;
                before = before.Plus(sibling.Memory);
            }
        }

        _target.IsBelowPod = true;
        return before;
    }

    private void NoteRefused(ContainerCgroup cgroup, in KillOutcome outcome)
    {
        if (_target.Cgroups.Length > 1)
        {
            // It is not known which one was refused: all are looked at again, and this one is next tried by itself.
            foreach (var dying in Dying)
            {
                _snapshot.All[dying].Cgroup.Role = ContainerRole.Unknown;
            }

            cgroup.IsWidened = true;
            return;
        }

        cgroup.Role = outcome.Refusal switch
        {
            Refusal.Sandbox => ContainerRole.Sandbox,
            Refusal.SystemProcess or Refusal.Init => ContainerRole.System,
            Refusal.Self => ContainerRole.Own,
            Refusal.Starting => ContainerRole.Starting,

            // Nothing runs in it any more: it must not be chosen again and again in place of another.
            Refusal.Gone or Refusal.NoAddressSpace => ContainerRole.Unknown,
            _ => cgroup.Role,
        };
        if (outcome.Refusal is Refusal.Unknown or Refusal.ForeignProcesses || !outcome.SignalError.IsNone)
        {
            cgroup.QuarantineFor(s_refusalPause);
        }
    }

    private void NoteKilled(ContainerCgroup cgroup, in ReliefResult relief, TimeSpan cooldown)
    {
        cgroup.IsWidened = true;
        _node.ForgetStall();
        KilledAt = Stopwatch.GetTimestamp();
        if (_target.IsCgroup)
        {
            // A dead container's cgroup is gone soon; an undead one must not be chosen again while it lasts.
            foreach (var dying in Dying)
            {
                _snapshot.All[dying].Cgroup.Quarantine();
            }
        }
        else if (relief is not { IsFreed: true, IsDead: true })
        {
            // Those that were spared live on in it, and may grow: after the pause, all of it dies.
            cgroup.QuarantineFor(cooldown);
        }

        if (!relief.IsFreed)
        {
            PauseUntil = Stopwatch.GetTimestamp() + (long)(cooldown.TotalSeconds * Stopwatch.Frequency);
        }
    }

    private void Tell(in Occasion occasion, ReapPolicy policy, in KillOutcome outcome, in ReliefResult relief)
    {
        _ = _node.Read(policy.Pressure);
        var available = (occasion.Slice?.Last ?? _node.Last).Memory.AvailableBytes;
        var incident = _tell.Killed(occasion, policy, Dying, _target, _killer.Processes, outcome, relief, available);
        if (outcome.IsKilled && _target.IsCgroup && !(relief.IsFreed && relief.IsDead))
        {
            Drain(incident ?? -1, outcome);
        }
    }

    private void Drain(long incident, in KillOutcome outcome)
    {
        foreach (var dying in Dying)
        {
            var victim = default(ReportedCandidate);
            victim.Keep(_snapshot.All[dying], null);
            _draining.Add(_snapshot.All[dying].Cgroup.Directory, victim, incident, outcome);
        }
    }
}
