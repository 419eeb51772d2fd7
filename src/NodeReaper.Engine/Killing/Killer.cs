using System.Diagnostics;
using NodeReaper.Kernel.Cgroups;
using NodeReaper.Kernel.Processes;
using NodeReaper.Kernel.Procfs;
using NodeReaper.Kernel.Syscalls;

namespace NodeReaper.Engine.Killing;

/// <summary>
/// Kills a victim and takes its memory back. One thread uses it, always the same: it becomes the tracer of those that
/// are held, and its end lets go of all. Everything is made at start; a kill allocates nothing.
/// </summary>
public sealed class Killer : IDisposable
{
    /// <summary>The most processes of one victim that are followed one by one; cgroup.kill takes the others along.</summary>
    public const int MaxFollowed = 1024;

    /// <summary>The limit of open files to ask for: one for each container of the node, and for each process of a victim.</summary>
    public const int OpenFiles = 65536;

    // Small processes exit faster than they can be seized; of many, the large ones are held.
    private const int MaxHeldPerVictim = 64;
    private const int MaxHeld = 512;
    private const int MaxListed = 32768;
    private const int ProgressMilliseconds = 1;
    private const int SweepRounds = 20;

    // Left over for the listings of the cgroup and the walk to the next victim, should descriptors run out.
    private const int DescriptorReserve = 32;

    private readonly VictimProcess[] _processes = new VictimProcess[MaxFollowed];
    private readonly CgroupProcesses _listed = new(MaxListed);
    private readonly HeldThreads _held = new(MaxHeld);
    private readonly byte[] _entries = new byte[4096];
    private readonly ProcessFiles _proc;
    private readonly ProcessGuard _guard;
    private readonly ReaperThreads _reapers;
    private int _count;

    /// <summary>Makes everything that a kill needs.</summary>
    /// <param name="proc">The proc file system.</param>
    /// <param name="guard">What refuses processes.</param>
    /// <param name="reapers">Threads that free memory, 1 to 16.</param>
    public Killer(ProcessFiles proc, ProcessGuard guard, int reapers)
    {
        _proc = proc;
        _guard = guard;
        _reapers = new ReaperThreads(_processes, reapers);
    }

    /// <summary>The processes of the last victim, up to <see cref="MaxFollowed"/>; good until the next kill.</summary>
    public Span<VictimProcess> Processes => _processes.AsSpan(0, _count);

    /// <summary>How many threads are held at the door of their exit.</summary>
    public int HeldCount => _held.Count;

    /// <summary>Kills a victim and frees its memory, as far as the strategy goes. It does not wait for the proof.</summary>
    /// <param name="target">The victim.</param>
    /// <param name="strategy">Hold, Release or Signal.</param>
    /// <param name="freeableBytes">What the victim is reckoned to give back, in bytes.</param>
    /// <param name="deadline">How long the release may take before the hold ends all the same.</param>
    public KillOutcome Kill(in KillTarget target, KillStrategy strategy, long freeableBytes, TimeSpan deadline)
    {
        var decidedAt = Stopwatch.GetTimestamp();
        var end = decidedAt + (long)(deadline.TotalSeconds * Stopwatch.Frequency);
        CloseProcesses();

        var refusal = Identify(target, freeableBytes, out var total, out var refusedProcess);
        if (refusal != Refusal.None)
        {
            return new KillOutcome(strategy, refusal, refusedProcess, Errno.None, total, 0, decidedAt, 0, 0);
        }

        var steps = StrategySteps.Of(strategy);
        var held = steps.Holds ? Hold() : 0;
        var signalError = Signal(target);
        if (!signalError.IsNone)
        {
            SpareAll();
            return new KillOutcome(strategy, Refusal.None, 0, signalError, total, held, decidedAt, 0, 0);
        }

        var signalledAt = Stopwatch.GetTimestamp();
        if (steps.Releases)
        {
            _reapers.Start(_count);
        }

        if (target.IsCgroup)
        {
            SignalWhoeverIsLeft(target.Cgroup);
        }

        var releasedAt = steps.Releases && WaitForRelease(end) ? Stopwatch.GetTimestamp() : 0;
        return new KillOutcome(strategy, Refusal.None, 0, signalError, total, held, decidedAt, signalledAt, releasedAt);
    }

    /// <summary>Lets go of every held thread that has reached its stop. Call it again and again while any is held.</summary>
    /// <returns>How many are still held.</returns>
    public int LetGo() => _held.LetGoOfAll();

    /// <summary>Notes which processes have died since.</summary>
    /// <returns>True when all have.</returns>
    public bool NoteDeaths()
    {
        var all = true;
        foreach (ref var process in Processes)
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

    /// <summary>Closes what is open. The thread that killed must end, or have let go of all, before or after.</summary>
    public void Dispose()
    {
        _ = LetGo();
        CloseProcesses();
        _reapers.Dispose();
    }

    private Refusal Identify(in KillTarget target, long freeableBytes, out int total, out int refusedProcess)
    {
        refusedProcess = 0;
        if (!target.IsCgroup)
        {
            total = 1;
            refusedProcess = target.ProcessId;
            return Open(target.ProcessId).IsNone ? CheckEach(freeableBytes, out refusedProcess) : Refusal.Gone;
        }

        total = 0;
        var error = _listed.Read(target.Cgroup);
        if (!error.IsNone)
        {
            return error.IsGone ? Refusal.Gone : Refusal.Unknown;
        }

        if (_listed.ForeignCount > 0)
        {
            return Refusal.ForeignProcesses;
        }

        total = _listed.Ids.Length;
        OpenListed();

        // A process ID may have passed to another process before it was opened. Whoever is still listed now, and
        // whose pidfd is not dead, is the one that was opened: only a member of the cgroup gets this far.
        error = _listed.Read(target.Cgroup);
        if (!error.IsNone)
        {
            return error.IsGone ? Refusal.Gone : Refusal.Unknown;
        }

        KeepMembers();
        if (_count == 0)
        {
            return Refusal.Gone;
        }

        var refusal = CheckOthers(freeableBytes, out refusedProcess);
        return refusal == Refusal.None ? CheckEach(freeableBytes, out refusedProcess) : refusal;
    }

    // cgroup.kill takes along who is not followed one by one: too many of them, or forked since. Both lists ascend.
    private Refusal CheckOthers(long freeableBytes, out int refusedProcess)
    {
        var followed = 0;
        foreach (var processId in _listed.Ids)
        {
            while (followed < _count && _processes[followed].ProcessId < processId)
            {
                followed++;
            }

            if (followed < _count && _processes[followed].ProcessId == processId)
            {
                continue;
            }

            var refusal = _guard.Check(processId, freeableBytes);
            if (refusal is not (Refusal.None or Refusal.Gone or Refusal.NoAddressSpace))
            {
                refusedProcess = processId;
                return refusal;
            }
        }

        refusedProcess = 0;
        return Refusal.None;
    }

    private void OpenListed()
    {
        var ids = _listed.Ids;
        if (ids.Length > MaxFollowed)
        {
            // Too many to follow each: the first ones stand for all, and cgroup.kill does the work.
            ids = ids[..MaxFollowed];
        }

        foreach (var processId in ids)
        {
            var error = Open(processId);
            if (error == Errno.EMFILE || error == Errno.ENFILE)
            {
                // The same with fewer: those that were opened stand for all.
                CloseLast(Math.Min(DescriptorReserve, _count / 2));
                return;
            }
        }
    }

    private void CloseLast(int count)
    {
        for (; count > 0; count--)
        {
            _processes[--_count].Pidfd.Close();
        }
    }

    private Errno Open(int processId)
    {
        var opened = Pidfd.Open(processId);
        if (!opened.Succeeded)
        {
            return opened.Error;
        }

        _processes[_count++] = new VictimProcess
        {
            ProcessId = processId,
            Pidfd = new Pidfd(new FileDescriptor((int)opened.Value)),
        };
        return Errno.None;
    }

    private void KeepMembers()
    {
        var kept = 0;
        for (var i = 0; i < _count; i++)
        {
            if (_listed.Ids.BinarySearch(_processes[i].ProcessId) >= 0 && !_processes[i].Pidfd.HasExited())
            {
                _processes[kept++] = _processes[i];
            }
            else
            {
                _processes[i].Pidfd.Close();
            }
        }

        _count = kept;
    }

    private Refusal CheckEach(long freeableBytes, out int refusedProcess)
    {
        Span<byte> name = stackalloc byte[64];
        refusedProcess = 0;
        var usable = 0;
        foreach (ref var process in Processes)
        {
            var refusal = _guard.Check(process.ProcessId, freeableBytes);
            if (refusal is Refusal.Gone or Refusal.NoAddressSpace && _count > 1)
            {
                // A zombie among others neither counts nor protects them.
                continue;
            }

            if (refusal != Refusal.None)
            {
                refusedProcess = process.ProcessId;
                return refusal;
            }

            usable++;
            var read = _proc.Name(process.ProcessId, name);
            process.SetName(read.Succeeded ? name[..(int)read.Value] : default);
        }

        return usable > 0 ? Refusal.None : Refusal.Gone;
    }

    private int Hold()
    {
        if (_count > MaxHeldPerVictim)
        {
            MoveLargestToFront();
        }

        var held = 0;
        foreach (ref var process in Processes[..Math.Min(_count, MaxHeldPerVictim)])
        {
            process.HoldError = _held.Seize(process.ProcessId);
            if (process.HoldError.IsNone)
            {
                process.HeldThread = process.ProcessId;
            }
            else if (process.HoldError == Errno.EPERM)
            {
                // Its leader may be a zombie while other threads live.
                SeizeOtherThread(ref process);
            }

            held += process.HeldThread == 0 ? 0 : 1;
        }

        return held;
    }

    private void SeizeOtherThread(ref VictimProcess process)
    {
        var opened = _proc.OpenThreads(process.ProcessId);
        if (!opened.Succeeded)
        {
            return;
        }

        var directory = new FileDescriptor((int)opened.Value);
        var threads = new ChildDirectories(directory, _entries);
        while (process.HeldThread == 0 && threads.MoveNext())
        {
            if (System.Buffers.Text.Utf8Parser.TryParse(threads.Name, out int threadId, out _)
                && threadId != process.ProcessId
                && _held.Seize(threadId).IsNone)
            {
                process.HeldThread = threadId;
                process.HoldError = Errno.None;
            }
        }

        directory.Close();
    }

    private void MoveLargestToFront()
    {
        foreach (ref var process in Processes)
        {
            var score = _proc.OomScore(process.ProcessId);
            process.Score = score.Succeeded ? (int)score.Value : 0;
        }

        for (var front = 0; front < MaxHeldPerVictim; front++)
        {
            var largest = front;
            for (var i = front + 1; i < _count; i++)
            {
                if (_processes[i].Score > _processes[largest].Score)
                {
                    largest = i;
                }
            }

            (_processes[front], _processes[largest]) = (_processes[largest], _processes[front]);
        }
    }

    private Errno Signal(in KillTarget target)
    {
        if (!target.IsCgroup)
        {
            return _processes[0].SignalError = _processes[0].Pidfd.Kill();
        }

        var error = target.Cgroup.Kill();
        return error.IsNone ? error : SignalEach(target.Cgroup);
    }

    // Without cgroup.kill: again and again, until no fork got away.
    private Errno SignalEach(CgroupDirectory cgroup)
    {
        var first = Errno.ESRCH;
        foreach (ref var process in Processes)
        {
            process.SignalError = process.Pidfd.Kill();
            first = first.IsNone ? first : process.SignalError;
        }

        for (var round = 0; round < SweepRounds && _listed.Read(cgroup).IsNone && !_listed.Ids.IsEmpty; round++)
        {
            foreach (var processId in _listed.Ids)
            {
                KillNewcomer(cgroup, processId);
            }
        }

        return first;
    }

    private void KillNewcomer(CgroupDirectory cgroup, int processId)
    {
        foreach (ref var process in Processes)
        {
            if (process.ProcessId == processId)
            {
                return;
            }
        }

        if (_count == MaxFollowed || !Open(processId).IsNone)
        {
            return;
        }

        // As in Identify: a member only if it is still listed once it is open.
        ref var added = ref _processes[_count - 1];
        if (_listed.Read(cgroup).IsNone && _listed.Ids.BinarySearch(processId) >= 0 && !added.Pidfd.HasExited()
            && _guard.Check(processId, 0) == Refusal.None)
        {
            added.SignalError = added.Pidfd.Kill();
        }
        else
        {
            added.Pidfd.Close();
            _count--;
        }
    }

    // cgroup.kill signals the first thread of each process, which does nothing to one whose first thread is a zombie while
    // others live. Whoever is still in the cgroup gets a signal that is for the whole process; one that left is spared.
    private void SignalWhoeverIsLeft(CgroupDirectory cgroup)
    {
        if (!_listed.Read(cgroup).IsNone)
        {
            return;
        }

        foreach (ref var process in Processes)
        {
            if (_listed.Ids.BinarySearch(process.ProcessId) >= 0)
            {
                _ = process.Pidfd.Kill();
            }
        }
    }

    private bool WaitForRelease(long end)
    {
        while (!_reapers.IsFinished)
        {
            _reapers.WaitForProgress(ProgressMilliseconds);
            LetGoOfReleased();
            if (Stopwatch.GetTimestamp() >= end)
            {
                // Whatever keeps the release, the hold ends in time, also for one that is not dying.
                SpareAll();
                return false;
            }
        }

        _ = LetGo();
        return true;
    }

    private void LetGoOfReleased()
    {
        foreach (ref var process in Processes)
        {
            if (process.HeldThread == 0 || Volatile.Read(ref process.ReleaseState) < 0)
            {
                continue;
            }

            if (process.ReleaseError == Errno.EINVAL || process.ReleaseError == Errno.ESRCH)
            {
                // It is not dying: it left the cgroup before the kill. Or it is a stranger that got the ID of one that
                // died before it could be held: what is held has its memory. Neither must wait for us.
                _held.Spare(process.HeldThread);
            }

            _ = _held.TryLetGo(process.HeldThread);
        }
    }

    private void SpareAll()
    {
        foreach (ref var process in Processes)
        {
            _held.Spare(process.HeldThread);
        }

        _ = LetGo();
    }

    private void CloseProcesses()
    {
        _reapers.EndRound();
        foreach (ref var process in Processes)
        {
            process.Pidfd.Close();
        }

        _count = 0;
    }
}
