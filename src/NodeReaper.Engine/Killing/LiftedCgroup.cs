using NodeReaper.Kernel.Cgroups;
using NodeReaper.Kernel.Syscalls;

namespace NodeReaper.Engine.Killing;

/// <summary>One cgroup whose CPU limits are lifted, and what they were.</summary>
internal sealed class LiftedCgroup(KillErrors errors)
{
    private readonly byte[] _max = new byte[64];
    private readonly byte[] _weight = new byte[64];
    private CgroupDirectory _cgroup = CgroupDirectory.None;
    private int _maxLength;
    private int _weightLength;
    private bool _isIdle;

    /// <summary>Lifts them.</summary>
    /// <param name="cgroup">The cgroup; it is closed with <see cref="Restore"/>.</param>
    internal void Lift(CgroupDirectory cgroup)
    {
        _cgroup = cgroup;
        _maxLength = Length(cgroup.ReadFile("cpu.max\0"u8, _max));
        _weightLength = Length(cgroup.ReadFile("cpu.weight\0"u8, _weight));
        _isIdle = cgroup.ReadValue("cpu.idle\0"u8, out var idle).IsNone && idle != 0;
        if (_isIdle)
        {
            // Until then, a weight is refused.
            Note(cgroup.WriteFile("cpu.idle\0"u8, "0"u8));
        }

        Note(cgroup.WriteFile("cpu.max\0"u8, "max"u8));
        Note(cgroup.WriteFile("cpu.weight\0"u8, "10000"u8));
    }

    /// <summary>Gives them back, unless the cgroup is gone.</summary>
    internal void Restore()
    {
        if (_maxLength > 0)
        {
            Note(_cgroup.WriteFile("cpu.max\0"u8, _max.AsSpan(0, _maxLength)));
        }

        if (_isIdle)
        {
            // One that is idle has no weight.
            Note(_cgroup.WriteFile("cpu.idle\0"u8, "1"u8));
        }
        else if (_weightLength > 0)
        {
            Note(_cgroup.WriteFile("cpu.weight\0"u8, _weight.AsSpan(0, _weightLength)));
        }

        _cgroup.Close();
        _cgroup = CgroupDirectory.None;
    }

    // Without the cpu controller there is no such file, and nothing to lift.
    private void Note(Errno error) => errors.Note(KillCall.CpuLimit, error.IsGone ? Errno.None : error);

    private static int Length(SyscallResult read) => read.Succeeded ? (int)read.Value : 0;
}
