using NodeReaper.Kernel.Syscalls;

namespace NodeReaper.Engine.Killing;

/// <summary>Sends the SIGKILL: to whole cgroups, so that no fork in flight gets away, or to single processes.</summary>
public sealed class VictimSignal
{
    private const int SweepRounds = 20;

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

    /// <summary>Kills all of the victim.</summary>
    /// <param name="target">The victim.</param>
    /// <param name="mayForget">Whether the dead may make room for others: nobody else uses the list yet.</param>
    /// <returns>The first error of those that no fallback repaired.</returns>
    public Errno Send(KillTarget target, bool mayForget)
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

        return areKilled ? Errno.None : Sweep(target, mayForget);
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
        if (target.IsCgroup && _victim.List(target).IsNone)
        {
            _ = SendToListed();
            if (withNewcomers)
            {
                _ = KillNewcomers(target);
            }
        }
    }

    // Without cgroup.kill: again and again, until no fork got away.
    private Errno Sweep(KillTarget target, bool mayForget)
    {
        var error = _victim.List(target);
        if (!error.IsNone)
        {
            return error;
        }

        var first = SendToListed();
        for (var round = 0; round < SweepRounds && _victim.List(target).IsNone && KillNewcomers(target); round++)
        {
            if (mayForget)
            {
                _victim.ForgetTheDead();
            }
        }

        return first;
    }

    private bool KillNewcomers(KillTarget target)
    {
        var newcomers = _victim.AddNewcomers(target);
        foreach (ref var process in newcomers)
        {
            Send(ref process);
        }

        return !newcomers.IsEmpty;
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
