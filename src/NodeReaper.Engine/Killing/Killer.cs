using System.Diagnostics;
using NodeReaper.Kernel.Procfs;
using NodeReaper.Kernel.Syscalls;

namespace NodeReaper.Engine.Killing;

/// <summary>
/// Kills a victim and takes its memory back. One thread uses it, and what may wait without a bound (PTRACE_SEIZE,
/// process_mrelease, kcmp) is left to threads of its own; only cgroup.kill is not, which takes the kernel's lock of all cgroups. Everything is made at start; a kill allocates nothing.
/// </summary>
public sealed class Killer : IDisposable
{
    /// <summary>The limit of open files to ask for: one for each container of the node, and for each process of a victim.</summary>
    public const int OpenFiles = 65536;

    // Of many processes, the large ones are held; small ones exit faster than they can be seized.
    private const int MaxHeldPerVictim = VictimProcesses.Followed;
    private const int ProgressMilliseconds = 1;

    // Without cgroup.kill, many more may be followed; these leave room for those that are found later.
    private const int MaxReleasedPerVictim = 512;

    // Two threads pay for themselves from here on; smaller ones are released before the second has woken up.
    private const long SharedReleaseBytes = 4L << 20;

    // The kernel's own kill-and-reap may be kept waiting by whoever owns the mmap_lock; cgroup.kill does not wait for it.
    private static readonly long s_atomicHeadStart = Stopwatch.Frequency / 200;

    // When no release has come to an end for that long, whoever still waits for its turn is better off without the hold.
    private static readonly long s_releasePatience = Stopwatch.Frequency / 50;

    private readonly ProcessFiles _proc;
    private readonly uint _expediteFlag;
    private readonly VictimProcesses _victim;
    private readonly VictimSignal _signal;
    private readonly Holders _holders;
    private readonly ReaperThreads _reapers;
    private readonly MemorySharers _sharers;
    private readonly ExitNudges _nudges;
    private KillTarget? _target;
    private int _outsideSharer;
    private bool _hasLookedForSharer;

    /// <summary>Makes everything that a kill needs.</summary>
    /// <param name="proc">The proc file system.</param>
    /// <param name="guard">What refuses processes.</param>
    /// <param name="reapers">Threads that free memory, 1 to 16.</param>
    /// <param name="expediteFlag">The flag of pidfd_send_signal for <see cref="KillStrategy.Expedite"/>; 0: the kernel has none.</param>
    public Killer(ProcessFiles proc, ProcessGuard guard, int reapers, uint expediteFlag = 0)
    {
        _proc = proc;
        _expediteFlag = expediteFlag;
        _holders = new Holders(proc, Errors);
        _sharers = new MemorySharers(proc, Errors);
        _victim = new VictimProcesses(proc, guard, _sharers, Errors);
        _signal = new VictimSignal(_victim, Errors);
        _nudges = new ExitNudges(_victim, _signal, proc, Errors);
        _reapers = new ReaperThreads(_victim.Buffer, reapers, Errors);
    }

    /// <summary>Every error of the kill path so far.</summary>
    public KillErrors Errors { get; } = new();

    /// <summary>The processes of the last victim, of many, the largest; good until the next kill.</summary>
    public Span<VictimProcess> Processes => _victim.All;

    /// <summary>How many threads are held at the door of their exit.</summary>
    public int HeldCount => _holders.Count;

    /// <summary>Kills a victim and frees its memory, as far as the strategy goes. It does not wait for the proof.</summary>
    /// <param name="target">The victim; it stays the killer's until <see cref="End"/> or the next kill.</param>
    /// <param name="strategy">Any but Auto.</param>
    /// <param name="freeableBytes">What the victim is reckoned to give back, in bytes.</param>
    /// <param name="deadline">How long the release may take before the hold ends all the same.</param>
    public KillOutcome Kill(KillTarget target, KillStrategy strategy, long freeableBytes, TimeSpan deadline)
    {
        var steps = StrategySteps.Of(strategy);
        var decidedAt = Stopwatch.GetTimestamp();
        var end = decidedAt + (long)(deadline.TotalSeconds * Stopwatch.Frequency);
        End();
        _signal.Begin();
        var identity = _victim.Identify(target, freeableBytes);
        if (identity.Refusal != Refusal.None)
        {
            return KillOutcome.Refused(strategy, identity, decidedAt);
        }

        _target = target;
        _outsideSharer = identity.OutsideSharer;
        _hasLookedForSharer = _outsideSharer != 0;
        var anonBytes = AnonBytesOf(target);
        var shares = SharesOf(freeableBytes);
        var hasReaper = _reapers.IdleCount > 0;
        var held = steps.Holds ? Hold(end) : 0;
        var signalError = steps.KillsByRelease && !_victim.All.IsEmpty ? KillByRelease(target, shares, out var signalledAt) : Signal(target, steps, out signalledAt);
        if (!signalError.IsNone)
        {
            _holders.LetGoOfAll();
            return new KillOutcome(
                strategy, Refusal.None, 0, signalError, identity.Total, held, _outsideSharer, decidedAt, 0, 0);
        }

        _nudges.Begin(target, signalledAt, MaxHeldPerVictim);
        if (!steps.Releases)
        {
            _signal.SendToWhoeverIsLeft(target, withNewcomers: false);
        }
        else if (!steps.KillsByRelease && !_victim.All.IsEmpty)
        {
            StartRelease(shares, kills: false);
        }

        _victim.ReadNames();

        // With all of them stuck in victims before this one, it dies at its own pace, which is what Attend looks after.
        var releasedAt = steps.Releases && hasReaper && WaitForRelease(end) ? Stopwatch.GetTimestamp() : 0;
        return new KillOutcome(
            strategy, Refusal.None, 0, signalError, identity.Total, held, _outsideSharer, decidedAt, signalledAt, releasedAt)
        {
            AnonBytes = anonBytes,
        };
    }

    /// <summary>
    /// Looks after a victim that was signalled, until it is gone: lets go of whom it held, notes who died, and helps those
    /// that do not get to their end. Call it again and again.
    /// </summary>
    /// <returns>True when all its processes are dead.</returns>
    public bool Attend()
    {
        LetGoOfReleased();
        var areDead = NoteDeaths();
        if (!areDead)
        {
            _nudges.SendWhenDue();
        }

        return areDead;
    }

    /// <summary>
    /// Ends a kill: what was lent to the victim goes back, its processes are closed, and whoever is still held is let go as
    /// soon as it can be.
    /// </summary>
    public void End()
    {
        _holders.LetGoOfAll();
        _nudges.End();
        _reapers.EndRound(_victim.All);
        _victim.Clear();
        _target = null;
    }

    /// <summary>Ends the threads, and lets go of all.</summary>
    public void Dispose()
    {
        End();
        _holders.Dispose();
        _reapers.Dispose();
        _sharers.Dispose();
    }

    // What the cgroup must lose by the death of one of its processes. Those that share its memory count once.
    private long AnonBytesOf(KillTarget target) =>
        target.IsCgroup || target.Cgroups.IsEmpty || _proc.AnonymousPages(_victim.All[0].ProcessId) is not { Succeeded: true } pages
            ? 0
            : pages.Value * Environment.SystemPageSize;

    // One thread is left for whoever comes next: all of them may be kept waiting by one victim's mmap_lock.
    private int SharesOf(long freeableBytes)
    {
        var count = Math.Max(1, _victim.All.Length);
        return freeableBytes / count < SharedReleaseBytes
            ? 1
            : Math.Clamp((_reapers.IdleCount - 1) / count, 1, VictimProcess.MaxShares);
    }

    // Whom nobody can release must not be kept from its exit.
    private int Hold(long end)
    {
        if (_reapers.IdleCount == 0)
        {
            return 0;
        }

        var count = Math.Min(_victim.All.Length, MaxHeldPerVictim);
        _victim.Pin(count);
        return _holders.Hold(_victim.All[..count], end);
    }

    private void StartRelease(int shares, bool kills)
    {
        var count = Math.Min(_victim.All.Length, MaxReleasedPerVictim);
        _victim.Pin(count);
        _reapers.Start(count, shares, kills);
    }

    private Errno Signal(KillTarget target, in StrategySteps steps, out long signalledAt)
    {
        if (steps.Expedites && !_victim.All.IsEmpty)
        {
            _victim.DropThoseWhoLeft(target);
            if (_victim.All.IsEmpty)
            {
                signalledAt = 0;
                return Errno.ESRCH;
            }

            var expedited = _signal.SendExpedited(_expediteFlag, MaxHeldPerVictim);
            signalledAt = Stopwatch.GetTimestamp();
            if (expedited.IsNone)
            {
                // Nobody left is no error then: that is what it was for.
                var others = target.IsCgroup ? _signal.Send(target) : Errno.None;
                return others.IsGone ? Errno.None : others;
            }
        }

        var error = _signal.Send(target);
        signalledAt = Stopwatch.GetTimestamp();
        return error;
    }

    // The kernel kills and frees each process by itself; who is not followed, or forked since, is killed after that.
    private Errno KillByRelease(KillTarget target, int shares, out long signalledAt)
    {
        _victim.DropThoseWhoLeft(target);
        if (_victim.All.IsEmpty)
        {
            signalledAt = 0;
            return Errno.ESRCH;
        }

        StartRelease(shares: 1, kills: true);
        signalledAt = Stopwatch.GetTimestamp();
        var isFinished = WaitForRelease(signalledAt + s_atomicHeadStart, lastOne: false);
        if (target.IsCgroup)
        {
            // Nobody left is no error: that is what the release was for.
            var error = _signal.Send(target);
            return error.IsGone ? Errno.None : error;
        }

        if (isFinished && AreAllReleased())
        {
            return Errno.None;
        }

        var killed = _signal.Send(target);
        if (isFinished && killed.IsNone)
        {
            StartRelease(shares, kills: false);
        }

        return killed == Errno.ESRCH ? Errno.None : killed;
    }

    private bool AreAllReleased()
    {
        foreach (ref var process in _victim.All)
        {
            if (!process.ReleaseError.IsNone)
            {
                return false;
            }
        }

        return true;
    }

    private bool WaitForRelease(long end, bool lastOne = true)
    {
        var ended = 0;
        var giveUpAt = Stopwatch.GetTimestamp() + s_releasePatience;
        while (!_reapers.IsFinished)
        {
            _reapers.WaitForProgress(ProgressMilliseconds);
            LetGoOfReleased();
            _nudges.SendWhenDue();
            var now = Stopwatch.GetTimestamp();
            if (_reapers.EndedCount != ended)
            {
                ended = _reapers.EndedCount;
                giveUpAt = now + s_releasePatience;
            }
            else if (now >= giveUpAt)
            {
                _holders.GiveUp(_reapers.BegunCount);
                giveUpAt = now + s_releasePatience;
            }

            if (now >= end)
            {
                // Whatever keeps the release, the hold ends in time, also for one that is not dying.
                if (lastOne)
                {
                    _signal.SendToWhoeverIsLeft(_target!, withNewcomers: true);
                    _holders.LetGoOfAll();
                }

                return false;
            }
        }

        LetGoOfReleased();
        return true;
    }

    private void LetGoOfReleased()
    {
        foreach (ref var process in _victim.All)
        {
            if (process.ReleaseShares > 0 && process.ReleaseError == Errno.EINVAL)
            {
                LookForOutsideSharer(process);
            }
        }

        _holders.LetGoOfReleased(_victim.All[..Math.Min(_victim.All.Length, MaxHeldPerVictim)]);
    }

    private bool NoteDeaths()
    {
        var all = true;
        foreach (ref var process in _victim.All)
        {
            if (process.DeadAt != 0)
            {
                continue;
            }

            if (process.Pidfd.HasExited())
            {
                process.DeadAt = Stopwatch.GetTimestamp();
            }
            else
            {
                all = false;
            }
        }

        return all;
    }

    // EINVAL to the end: something outside shares the memory, and keeps it. To be asked while the victim is held.
    private void LookForOutsideSharer(in VictimProcess process)
    {
        if (_hasLookedForSharer)
        {
            return;
        }

        _hasLookedForSharer = true;
        _ = _victim.List(_target!);
        foreach (var sharer in _sharers.Find(process.ProcessId, []))
        {
            if (!_victim.IsInside(_target!, process.ProcessId, sharer))
            {
                _outsideSharer = sharer;
            }
        }
    }
}
