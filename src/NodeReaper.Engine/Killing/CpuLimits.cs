using NodeReaper.Kernel.Cgroups;
using NodeReaper.Kernel.Syscalls;

namespace NodeReaper.Engine.Killing;

/// <summary>
/// Lifts the CPU quota and weight of a dying container and of its Pod, and gives back what they had: other containers live in
/// the Pod, and the container's cgroup may be used again. For nodes where the dying threads cannot be made real-time
/// (cpu.max, cpu.weight and cpu.idle; Documentation/admin-guide/cgroup-v2.rst).
/// </summary>
public sealed class CpuLimits
{
    private readonly LiftedCgroup[] _lifted = new LiftedCgroup[KillTarget.MaxCgroups + 1];
    private readonly KillErrors _errors;
    private int _count;

    /// <summary>Makes one.</summary>
    /// <param name="errors">Counts errors.</param>
    public CpuLimits(KillErrors errors)
    {
        _errors = errors;
        for (var i = 0; i < _lifted.Length; i++)
        {
            _lifted[i] = new LiftedCgroup(errors);
        }
    }

    /// <summary>True between <see cref="Lift(KillTarget)"/> and <see cref="Restore"/>.</summary>
    public bool IsLifted => _count > 0;

    /// <summary>Lifts the limits of the victim's cgroups, and of its Pod's. Once is enough until <see cref="Restore"/>.</summary>
    /// <param name="target">The victim: everything in its cgroups is dying.</param>
    public void Lift(KillTarget target)
    {
        if (IsLifted || target.Cgroups.IsEmpty)
        {
            return;
        }

        foreach (var cgroup in target.Cgroups)
        {
            Lift(cgroup, ".\0"u8);
        }

        if (target.IsBelowPod)
        {
            Lift(target.Cgroups[0], "..\0"u8);
        }
    }

    /// <summary>Gives every cgroup its limits back. Does nothing when nothing was lifted.</summary>
    public void Restore()
    {
        while (_count > 0)
        {
            _lifted[--_count].Restore();
        }
    }

    // Opened once more: the victim's own descriptors may be closed before the limits are given back.
    private void Lift(CgroupDirectory cgroup, ReadOnlySpan<byte> nullTerminatedName)
    {
        var opened = cgroup.OpenChild(nullTerminatedName, out var error);
        _ = _errors.Note(KillCall.CpuLimit, error.IsGone ? Errno.None : error);
        if (opened.IsOpen)
        {
            _lifted[_count++].Lift(opened);
        }
    }
}
