using NodeReaper.Kernel.Cgroups;
using NodeReaper.Kernel.Syscalls;

namespace NodeReaper.Engine.Killing;

/// <summary>
/// Lifts the CPU quota and weight of a dying container and of its Pod, and gives the Pod back what it had: other
/// containers live there. For nodes where the dying threads cannot be made real-time
/// (cpu.max and cpu.weight; Documentation/admin-guide/cgroup-v2.rst).
/// </summary>
public sealed class CpuLimits
{
    private readonly byte[] _podMax = new byte[64];
    private readonly byte[] _podWeight = new byte[64];
    private readonly KillErrors _errors;
    private CgroupDirectory _pod = CgroupDirectory.None;
    private int _podMaxLength;
    private int _podWeightLength;

    /// <summary>Makes one.</summary>
    /// <param name="errors">Counts errors.</param>
    public CpuLimits(KillErrors errors) => _errors = errors;

    /// <summary>True between <see cref="Lift(KillTarget)"/> and <see cref="Restore"/>.</summary>
    public bool IsLifted => _pod.IsOpen;

    /// <summary>Lifts the limits of the victim's cgroups, and of its Pod's.</summary>
    /// <param name="target">The victim: everything in its cgroups is dying.</param>
    public void Lift(KillTarget target)
    {
        if (!target.IsCgroup)
        {
            return;
        }

        foreach (var cgroup in target.Cgroups)
        {
            Lift(cgroup);
        }

        if (target.IsBelowPod && !IsLifted && target.Cgroups[0].OpenChild("..\0"u8, out _) is { IsOpen: true } pod)
        {
            _pod = pod;
            _podMaxLength = Length(pod.ReadFile("cpu.max\0"u8, _podMax));
            _podWeightLength = Length(pod.ReadFile("cpu.weight\0"u8, _podWeight));
            Lift(pod);
        }
    }

    /// <summary>Gives the Pod's cgroup its limits back. Does nothing when nothing was lifted.</summary>
    public void Restore()
    {
        if (!IsLifted)
        {
            return;
        }

        if (_podMaxLength > 0)
        {
            Note(_pod.WriteFile("cpu.max\0"u8, _podMax.AsSpan(0, _podMaxLength)));
        }

        if (_podWeightLength > 0)
        {
            Note(_pod.WriteFile("cpu.weight\0"u8, _podWeight.AsSpan(0, _podWeightLength)));
        }

        _pod.Close();
        _pod = CgroupDirectory.None;
    }

    private void Lift(CgroupDirectory cgroup)
    {
        Note(cgroup.WriteFile("cpu.max\0"u8, "max"u8));
        Note(cgroup.WriteFile("cpu.weight\0"u8, "10000"u8));
    }

    // Without the cpu controller there is no such file, and nothing to lift.
    private void Note(Errno error) => _errors.Note(KillCall.CpuLimit, error.IsGone ? Errno.None : error);

    private static int Length(SyscallResult read) => read.Succeeded ? (int)read.Value : 0;
}
