using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Killing;
using NodeReaper.Engine.Verification;

namespace NodeReaper.AllocationGate.Kills;

/// <summary>One kill and, when it was one, the proof of it.</summary>
internal sealed class KillAttempt : Attempt
{
    private readonly KillRig _rig;
    private readonly List<IDisposable> _owned = [];
    private KillOutcome _outcome;
    private ReliefResult _relief;

    internal KillAttempt(KillRig rig, KillStrategy strategy)
    {
        _rig = rig;
        Strategy = strategy;
        Cgroup = Own(rig.MakeCgroup());
        Target = Cgroup.Target;
    }

    /// <summary>The cgroup that the victims are in.</summary>
    internal VictimCgroup Cgroup { get; }

    /// <summary>What is killed: all of the cgroup, unless it is set.</summary>
    internal KillTarget Target { get; set; }

    internal KillStrategy Strategy { get; }

    internal TimeSpan Deadline { get; init; } = TimeSpan.FromSeconds(10);

    internal MemoryUse Before { get; init; } = MemoryUse.OfResident(1 << 20);

    internal ReliefProof Proof { get; init; } = ReliefProof.Process;

    /// <summary>Says whether it went the way that the case is there for.</summary>
    internal Func<KillAttempt, bool> IsAsExpected { get; init; } = _ => true;

    internal KillOutcome Outcome => _outcome;

    internal ReliefResult Relief => _relief;

    internal ReadOnlySpan<VictimProcess> Processes => _rig.Killer.Processes;

    /// <summary>Keeps something until the attempt is over. What came last goes first.</summary>
    internal T Own<T>(T thing)
        where T : IDisposable
    {
        _owned.Add(thing);
        return thing;
    }

    internal override void Run()
    {
        _outcome = _rig.Kill(Target, Strategy, Deadline);
        if (_outcome.IsKilled)
        {
            _relief = _rig.Verify(Target, _outcome, Before, Proof, Deadline);
        }
    }

    internal override string? Complaint()
    {
        if (IsAsExpected(this))
        {
            return null;
        }

        var first = Processes.Length > 0
            ? $"hold {Processes[0].HoldError}, signal {Processes[0].SignalError}, release {Processes[0].ReleaseError}"
            : "none";
        return $"went another way: {_outcome}; {_relief}; {Processes.Length} processes, the first: {first}";
    }

    public override void Dispose()
    {
        // Whoever else holds a victim is ended first; then the held can die, and be let go.
        for (var i = _owned.Count - 1; i > 0; i--)
        {
            _owned[i].Dispose();
        }

        _rig.LetGo();
        Cgroup.Dispose();
    }
}
