using System.Diagnostics;
using NodeReaper.Kernel.Scheduling;
using NodeReaper.Kernel.Syscalls;

namespace NodeReaper.Engine.Killing;

/// <summary>Sends the SIGKILL: to whole cgroups, so that no fork in flight gets away, or to single processes.</summary>
public sealed class VictimSignal
{
    private const int RoomPauseMicroseconds = 200;

    // Those that are held have to wait for it, so it does not go on for ever at a time.
    private static readonly long s_firstSweep = Stopwatch.Frequency / 10;
    private static readonly long s_laterSweep = Stopwatch.Frequency / 100;

    private readonly VictimProcesses _victim;
    private readonly KillErrors _errors;

    /// <summary>Makes one.</summary>
    /// <param name="victim">The processes.</param>
    /// <param name="errors">Counts errors.</param>
    public VictimSignal(VictimProcesses victim, KillErrors errors)
    {
        _victim = victim;
        _errors = errors;
    }

    /// <summary>True when there was not enough time for all that had to be killed one by one: the nudges go on with it.</summary>
    public bool IsUnfinished { get; private set; }

    /// <summary>Forgets what was left to do of the last victim.</summary>
    public void Begin() => IsUnfinished = false;

    /// <summary>Kills all of the victim.</summary>
    /// <param name="target">The victim.</param>
    /// <returns>The first error of those that no fallback repaired.</returns>
    public Errno Send(KillTarget target)
    {
        if (!target.IsCgroup)
        {
            return SendToAll();
        }

        var areKilled = true;
        foreach (var cgroup in target.Cgroups)
        {
            var killed = _errors.Note(KillCall.CgroupKill, cgroup.Kill());

            // One of several that has gone meanwhile is as good as killed.
            areKilled &= killed.IsNone || (killed.IsGone && target.Cgroups.Length > 1);
        }

        return areKilled ? Errno.None : Sweep(target, s_firstSweep);
    }

    /// <summary>Asks the kernel to free the memory of each process before the signal returns.</summary>
    /// <param name="flag">The kernel's flag.</param>
    /// <param name="most">Of so many processes, the first.</param>
    /// <returns>The last error, after which the ordinary signal must follow; None when the kernel took all.</returns>
    public Errno SendExpedited(uint flag, int most)
    {
        var last = Errno.None;
        var all = _victim.All;
        foreach (ref var process in all[..Math.Min(all.Length, most)])
        {
            process.SignalError = _errors.Note(KillCall.Signal, process.Pidfd.KillExpedited(flag));
            last = process.SignalError.IsNone ? last : process.SignalError;
        }

        return last;
    }

    /// <summary>
    /// Kills whoever is still in the cgroups: cgroup.kill signals the first thread of each process, which does nothing to one
    /// whose first thread is a zombie while others live. One that has left is spared.
    /// </summary>
    /// <param name="target">The victim.</param>
    /// <param name="withNewcomers">Also those that are not followed: one of very many, or one that came later.</param>
    public void SendToWhoeverIsLeft(KillTarget target, bool withNewcomers)
    {
        if (IsUnfinished)
        {
            _ = Sweep(target, s_laterSweep);
        }
        else if (target.IsCgroup && _victim.List(target).IsNone)
        {
            _ = SendToListed();
            if (withNewcomers)
            {
                _ = KillNewcomers(target);
            }
        }
    }

    // Without cgroup.kill: again and again, until no fork got away. Where the kernel can (Linux 5.2), they are frozen meanwhile:
    // who is frozen does not fork, and dies of SIGKILL all the same.
    private Errno Sweep(KillTarget target, long duration)
    {
        var end = Stopwatch.GetTimestamp() + duration;
        var frozen = Freeze(target);
        var error = _victim.List(target);
        if (error.IsNone)
        {
            error = SendToListed();
            IsUnfinished = !KillAllNewcomers(target, end, out var killed);
            error = error.IsGone && killed > 0 ? Errno.None : error;
        }

        Thaw(target, frozen);
        return error;
    }

    private bool KillAllNewcomers(KillTarget target, long end, out int killed)
    {
        killed = 0;
        while (_victim.List(target).IsNone)
        {
            _victim.ForgetTheDead();
            var newcomers = KillNewcomers(target);
            killed += newcomers;
            if (newcomers == 0 && !_victim.IsFull)
            {
                return true;
            }

            if (Stopwatch.GetTimestamp() >= end)
            {
                return false;
            }

            if (newcomers == 0)
            {
                SelfProtection.Sleep(RoomPauseMicroseconds);
            }
        }

        return true;
    }

    // A bit for each cgroup that was not frozen before.
    private ulong Freeze(KillTarget target)
    {
        var frozen = 0UL;
        for (var i = 0; i < target.Cgroups.Length; i++)
        {
            if (target.Cgroups[i].ReadValue("cgroup.freeze\0"u8, out var state).IsNone && state == 0
                && _errors.Note(KillCall.Freeze, target.Cgroups[i].WriteFile("cgroup.freeze\0"u8, "1"u8)).IsNone)
            {
                frozen |= 1UL << i;
            }
        }

        return frozen;
    }

    private void Thaw(KillTarget target, ulong frozen)
    {
        for (var i = 0; i < target.Cgroups.Length; i++)
        {
            if ((frozen & (1UL << i)) != 0)
            {
                var error = target.Cgroups[i].WriteFile("cgroup.freeze\0"u8, "0"u8);
                _ = _errors.Note(KillCall.Freeze, error.IsGone ? Errno.None : error);
            }
        }
    }

    private int KillNewcomers(KillTarget target)
    {
        var newcomers = _victim.AddNewcomers(target);
        foreach (ref var process in newcomers)
        {
            Send(ref process);
        }

        return newcomers.Length;
    }

    private Errno SendToAll()
    {
        var first = Errno.ESRCH;
        foreach (ref var process in _victim.All)
        {
            Send(ref process);
            first = first.IsNone ? first : process.SignalError;
        }

        return first;
    }

    // To the members of the moment only.
    private Errno SendToListed()
    {
        var first = Errno.ESRCH;
        foreach (ref var process in _victim.All)
        {
            if (_victim.Listed.BinarySearch(process.ProcessId) >= 0)
            {
                Send(ref process);
                first = first.IsNone ? first : process.SignalError;
            }
        }

        return first;
    }

    private void Send(ref VictimProcess process) =>
        process.SignalError = _errors.Note(KillCall.Signal, process.Pidfd.Kill());
}
