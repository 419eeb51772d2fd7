using NodeReaper.Kernel.Polling;
using NodeReaper.Kernel.Processes;
using NodeReaper.Kernel.Scheduling;
using NodeReaper.Kernel.Syscalls;

namespace NodeReaper.Engine.Killing;

/// <summary>
/// A fixed set of threads that free the memory of dying processes. They are apart from the thread that holds the
/// victims, because process_mrelease can be kept waiting by whoever owns the victim's mmap_lock, and the hold must end
/// in time all the same. A thread that is stuck keeps its process; the others go on.
/// </summary>
public sealed class ReaperThreads : IDisposable
{
    private const int MaxAttempts = 20;
    private const int RetryMicroseconds = 500;
    private const long Idle = -1;

    private readonly VictimProcess[] _victims;
    private readonly KillErrors _errors;
    private readonly WakeUp[] _wake;
    private readonly WakeUp _progress = new();

    // The ticket that each thread is busy with.
    private readonly long[] _busy;

    // Descriptors that a stuck thread of an ended round may still use; there are never more than threads.
    private readonly (Pidfd Pidfd, int Process, int Count, long Round)[] _inUse;
    private volatile bool _stopping;

    // The round in the upper half and the next piece of work in the lower, so that one increment takes a piece of one round.
    private long _ticket;
    private int _count;
    private int _shares;
    private int _ended;
    private bool _kills;

    /// <summary>Starts the threads.</summary>
    /// <param name="victims">The processes; a round is the first so many of them.</param>
    /// <param name="threads">How many threads, 1 to 16.</param>
    /// <param name="errors">Counts errors.</param>
    public ReaperThreads(VictimProcess[] victims, int threads, KillErrors errors)
    {
        _victims = victims;
        _errors = errors;
        _wake = new WakeUp[threads];
        _busy = new long[threads];
        _inUse = new (Pidfd, int, int, long)[threads];
        for (var i = 0; i < threads; i++)
        {
            var number = i;
            _busy[i] = Idle;
            _inUse[i].Pidfd = Pidfd.None;
            _wake[i] = new WakeUp();
            new Thread(() => Work(number)) { IsBackground = true, Name = $"reaper-{i}" }.Start();
        }
    }

    /// <summary>How many threads are not kept waiting by an earlier victim.</summary>
    public int IdleCount
    {
        get
        {
            var idle = 0;
            for (var thread = 0; thread < _busy.Length; thread++)
            {
                idle += Interlocked.Read(ref _busy[thread]) == Idle ? 1 : 0;
            }

            return idle;
        }
    }

    /// <summary>True when every release of this round has come to an end.</summary>
    public bool IsFinished
    {
        get
        {
            for (var i = 0; i < _count; i++)
            {
                if (!_victims[i].IsReleased)
                {
                    return false;
                }
            }

            return true;
        }
    }

    /// <summary>How many processes of this round, from the first one on, some thread has begun to release.</summary>
    public int BegunCount => (int)Math.Min(_count, Volatile.Read(ref _ticket) & uint.MaxValue);

    /// <summary>How many releases of this round have come to an end.</summary>
    public int EndedCount => Volatile.Read(ref _ended);

    /// <summary>Starts a round. Results go into the processes. Allocates nothing.</summary>
    /// <param name="count">How many processes.</param>
    /// <param name="shares">How many threads release each process together, 1 to <see cref="VictimProcess.MaxShares"/>.</param>
    /// <param name="kills">Whether the release is also what kills.</param>
    public void Start(int count, int shares, bool kills)
    {
        _progress.Reset();
        var round = RoundOf(Volatile.Read(ref _ticket)) + 1;
        for (var i = 0; i < count; i++)
        {
            _victims[i].BeginRelease(shares, round);
        }

        _kills = kills;
        _shares = shares;
        _count = count;
        Volatile.Write(ref _ended, 0);
        Interlocked.Exchange(ref _ticket, round << 32);

        // One is left for whoever comes next: all that work for this victim may be kept waiting by it.
        var most = Math.Min(count * shares, Math.Max(1, IdleCount - 1));
        for (var i = 0; i < _wake.Length && most > 0; i++)
        {
            if (Interlocked.Read(ref _busy[i]) == Idle)
            {
                _wake[i].Raise();
                most--;
            }
        }
    }

    /// <summary>Waits until some release has come to an end.</summary>
    /// <param name="timeoutMilliseconds">How long, in milliseconds.</param>
    public void WaitForProgress(int timeoutMilliseconds) => _progress.Wait(timeoutMilliseconds);

    /// <summary>
    /// Ends the round before the processes are used for the next victim, and closes them: whoever is stuck in it cannot write
    /// any more. What a stuck thread may still use stays open until that thread comes back: its number must not become that
    /// of another process.
    /// </summary>
    /// <param name="processes">All processes of the victim.</param>
    public void EndRound(Span<VictimProcess> processes)
    {
        var round = RoundOf(Volatile.Read(ref _ticket));
        var count = _count;
        _count = 0;
        Interlocked.Exchange(ref _ticket, (round + 1) << 32);
        CloseUnused();
        for (var i = 0; i < processes.Length; i++)
        {
            if (i < count && IsBusyWith(i, count, round))
            {
                KeepOpen((processes[i].Pidfd, i, count, round));
            }
            else
            {
                processes[i].Pidfd.Close();
            }
        }
    }

    /// <summary>Ends the threads; one that is stuck in the kernel ends when it comes back.</summary>
    public void Dispose()
    {
        _stopping = true;
        foreach (var wake in _wake)
        {
            wake.Raise();
        }
    }

    private static long RoundOf(long ticket) => ticket >> 32;

    private void Work(int thread)
    {
        _ = KillPathThread.Prefer();
        while (!_stopping)
        {
            _ = _wake[thread].Wait(-1);
            while (WorkOnce(thread))
            {
            }
        }
    }

    private bool WorkOnce(int thread)
    {
        var ticket = Interlocked.Increment(ref _ticket) - 1;
        var count = Volatile.Read(ref _count);
        var number = (int)(ticket & uint.MaxValue);
        if (number >= count * Volatile.Read(ref _shares))
        {
            return false;
        }

        // First say what it is busy with, then look whether the round still lasts; EndRound does both the other way round, so
        // that what was read in between is of this round, and stays open.
        Interlocked.Exchange(ref _busy[thread], ticket);
        ref var victim = ref _victims[number % count];
        var pidfd = victim.Pidfd;
        var kills = _kills;
        Interlocked.MemoryBarrier();
        if (IsCurrent(RoundOf(ticket)))
        {
            // First every process once, then the second thread for each, and so on.
            Release(ref victim, number / count, RoundOf(ticket), pidfd, kills);
        }

        Interlocked.Exchange(ref _busy[thread], Idle);
        return true;
    }

    private bool IsCurrent(long round) => RoundOf(Volatile.Read(ref _ticket)) == round;

    private void Release(ref VictimProcess victim, int share, long round, Pidfd pidfd, bool kills)
    {
        var attempts = 0;
        Errno error;
        do
        {
            attempts++;

            // What kills has killed when it answers, whatever it answers; the rest is for the plain release.
            error = _errors.Note(KillCall.Release, kills && attempts == 1 ? pidfd.KillAndReleaseMemory() : pidfd.ReleaseMemory());
            if (!IsWorthRepeating(error))
            {
                break;
            }

            SelfProtection.Sleep(RetryMicroseconds);
        }
        while (attempts < MaxAttempts && IsCurrent(round));

        if (victim.EndRelease(share, round, attempts, error))
        {
            _ = Interlocked.Increment(ref _ended);
            _progress.Raise();
        }
    }

    // EINVAL: one that shares the mm has not got its signal yet; the kill of the cgroup is on its way to it.
    private static bool IsWorthRepeating(Errno error) =>
        error == Errno.EAGAIN || error == Errno.EINTR || error == Errno.EINVAL;

    private bool IsBusyWith(int process, int count, long round)
    {
        for (var thread = 0; thread < _busy.Length; thread++)
        {
            var ticket = Interlocked.Read(ref _busy[thread]);
            if (ticket != Idle && RoundOf(ticket) == round && (int)(ticket & uint.MaxValue) % count == process)
            {
                return true;
            }
        }

        return false;
    }

    private void KeepOpen((Pidfd Pidfd, int Process, int Count, long Round) used)
    {
        foreach (ref var slot in _inUse.AsSpan())
        {
            if (!slot.Pidfd.IsOpen)
            {
                slot = used;
                return;
            }
        }
    }

    private void CloseUnused()
    {
        foreach (ref var slot in _inUse.AsSpan())
        {
            if (slot.Pidfd.IsOpen && !IsBusyWith(slot.Process, slot.Count, slot.Round))
            {
                slot.Pidfd.Close();
                slot.Pidfd = Pidfd.None;
            }
        }
    }
}
