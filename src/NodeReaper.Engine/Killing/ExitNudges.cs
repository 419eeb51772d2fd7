using System.Diagnostics;
using NodeReaper.Kernel.Procfs;
using NodeReaper.Kernel.Syscalls;

namespace NodeReaper.Engine.Killing;

/// <summary>
/// Helps a victim that was signalled and does not get to its end: whoever is left gets a signal of its own, the dying become
/// real-time, and where that is refused, the limits of their cgroups are lifted for a while. Less and less often: what a nudge
/// can help is over after a few.
/// </summary>
public sealed class ExitNudges
{
    // By then an exit that nothing keeps waiting is over.
    private static readonly long s_first = Stopwatch.Frequency / 500;

    // And by then, that of a thousand small processes, who had better not be looked at one by one meanwhile.
    private static readonly long s_late = Stopwatch.Frequency / 50;

    private readonly VictimProcesses _victim;
    private readonly VictimSignal _signal;
    private readonly DyingThreads _dying;
    private readonly CpuLimits _cpuLimits;
    private KillTarget? _target;
    private int _most;
    private long _next;
    private long _after;

    /// <summary>Makes one.</summary>
    /// <param name="victim">The processes.</param>
    /// <param name="signal">Signals whoever is left.</param>
    /// <param name="proc">The proc file system.</param>
    /// <param name="errors">Counts errors.</param>
    public ExitNudges(VictimProcesses victim, VictimSignal signal, ProcessFiles proc, KillErrors errors)
    {
        _victim = victim;
        _signal = signal;
        _dying = new DyingThreads(proc, errors);
        _cpuLimits = new CpuLimits(errors);
    }

    /// <summary>Begins with a victim.</summary>
    /// <param name="target">The victim.</param>
    /// <param name="signalledAt">When it was signalled, in ticks of <see cref="Stopwatch"/>.</param>
    /// <param name="most">How many processes at a time become real-time.</param>
    public void Begin(KillTarget target, long signalledAt, int most)
    {
        _target = target;
        _most = most;
        _after = s_first;
        _next = signalledAt + _after;
    }

    /// <summary>Nudges whoever is left, if it is time to. Call it again and again.</summary>
    public void SendWhenDue()
    {
        if (_target is not { } target || Stopwatch.GetTimestamp() < _next)
        {
            return;
        }

        _after = _signal.IsUnfinished ? s_first : _after * 2;
        _next = Stopwatch.GetTimestamp() + _after;
        _signal.SendToWhoeverIsLeft(target, withNewcomers: _after >= s_late);
        Urge(target);
    }

    /// <summary>Ends it: what was lent to the victim goes back.</summary>
    public void End()
    {
        _cpuLimits.Restore();
        _target = null;
    }

    private void Urge(KillTarget target)
    {
        var canRun = true;
        var urged = 0;
        foreach (ref var process in _victim.All)
        {
            if (urged == _most)
            {
                break;
            }

            if (!process.Pidfd.HasExited())
            {
                canRun &= IsDyingForCertain(target, process) && _dying.Urge(process.ProcessId);
                urged++;
            }
        }

        // Nobody who lives on gets what is lifted, not even for a while.
        if (!canRun && (target.IsCgroup || _victim.AreAlone(target)))
        {
            _cpuLimits.Lift(target);
        }
    }

    // One that left the cgroup in time lives on, and must not become real-time: who is still listed got its signal a moment
    // ago, and the release only answers like this for those without a future.
    private bool IsDyingForCertain(KillTarget target, in VictimProcess process) =>
        !target.IsCgroup
        || _victim.Listed.BinarySearch(process.ProcessId) >= 0
        || (process.ReleaseShares > 0 && (process.ReleaseError.IsNone || process.ReleaseError == Errno.ESRCH));
}
