using NodeReaper.Engine.Killing;

namespace NodeReaper.AllocationGate.Kills;

/// <summary>What is done where the dying threads may not be made real-time: for a container, for its Pod, and for one without the controller.</summary>
internal sealed class LiftedLimits : Attempt
{
    private readonly VictimCgroup _cgroup;
    private readonly KillTarget _target;
    private readonly CpuLimits _limits = new(new KillErrors());
    private bool _wereLifted;

    internal LiftedLimits(KillRig rig)
    {
        _cgroup = rig.MakeCgroup();
        _target = _cgroup.As([], ("cpu.max", "20000 100000\n"), ("cpu.weight", "100\n"), ("cpu.idle", "1\n"));
        _ = _target.Add(_cgroup.As([]).Cgroups[0]);
        _target.IsBelowPod = true;
    }

    internal override void Run()
    {
        _limits.Lift(_target);
        _wereLifted = _limits.IsLifted;
        _limits.Restore();
    }

    internal override string? Complaint() => _wereLifted && !_limits.IsLifted ? null : "nothing was lifted";

    public override void Dispose() => _cgroup.Dispose();
}
