using NodeReaper.Kernel.Polling;
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

    private readonly VictimProcess[] _victims;
    private readonly WakeUp[] _wake;
    private readonly WakeUp _progress = new();
    private volatile bool _stopping;

    // The round in the upper half and the next victim in the lower, so that one increment takes a victim of one round.
    private long _ticket;
    private int _count;

    /// <summary>Starts the threads.</summary>
    /// <param name="victims">The processes; a round is the first so many of them.</param>
    /// <param name="threads">How many threads, 1 to 16.</param>
    public ReaperThreads(VictimProcess[] victims, int threads)
    {
        _victims = victims;
        _wake = new WakeUp[threads];
        for (var i = 0; i < threads; i++)
        {
            var wake = _wake[i] = new WakeUp();
            new Thread(() => Work(wake)) { IsBackground = true, Name = $"reaper-{i}" }.Start();
        }
    }

    /// <summary>True when every release of this round has come to an end.</summary>
    public bool IsFinished
    {
        get
        {
            for (var i = 0; i < _count; i++)
            {
                if (Volatile.Read(ref _victims[i].ReleaseState) < 0)
                {
                    return false;
                }
            }

            return true;
        }
    }

    /// <summary>Starts a round. Results go into the processes. Allocates nothing.</summary>
    /// <param name="count">How many processes.</param>
    public void Start(int count)
    {
        _progress.Reset();
        var round = (Volatile.Read(ref _ticket) >> 32) + 1;
        for (var i = 0; i < count; i++)
        {
            Volatile.Write(ref _victims[i].ReleaseState, -round);
        }

        Volatile.Write(ref _count, count);
        Volatile.Write(ref _ticket, round << 32);
        for (var i = 0; i < Math.Min(count, _wake.Length); i++)
        {
            _wake[i].Raise();
        }
    }

    /// <summary>Waits until some release has come to an end.</summary>
    /// <param name="timeoutMilliseconds">How long, in milliseconds.</param>
    public void WaitForProgress(int timeoutMilliseconds) => _progress.Wait(timeoutMilliseconds);

    /// <summary>
    /// Ends the round before the processes are used for the next victim: whoever is stuck in it cannot write any more.
    /// </summary>
    public void EndRound()
    {
        Volatile.Write(ref _count, 0);
        var round = (Volatile.Read(ref _ticket) >> 32) + 1;
        Volatile.Write(ref _ticket, round << 32);
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

    private void Work(WakeUp wake)
    {
        KillPathThread.Prefer();
        while (!_stopping)
        {
            _ = wake.Wait(-1);
            while (TryTake(out var index, out var round))
            {
                Release(index, round);
            }
        }
    }

    private bool TryTake(out int index, out long round)
    {
        var ticket = Interlocked.Increment(ref _ticket) - 1;
        index = (int)(ticket & uint.MaxValue);
        round = ticket >> 32;
        return index < Volatile.Read(ref _count) && IsCurrent(round);
    }

    private bool IsCurrent(long round) => Volatile.Read(ref _ticket) >> 32 == round;

    private void Release(int index, long round)
    {
        ref var victim = ref _victims[index];
        var pidfd = victim.Pidfd;
        var attempts = 0;
        Errno error;
        do
        {
            attempts++;
            error = pidfd.ReleaseMemory();
            if (!IsWorthRepeating(error))
            {
                break;
            }

            SelfProtection.Sleep(RetryMicroseconds);
        }
        while (attempts < MaxAttempts && IsCurrent(round));

        var result = ((long)attempts << 32) | (uint)error.Value;
        if (Interlocked.CompareExchange(ref victim.ReleaseState, result, -round) == -round)
        {
            _progress.Raise();
        }
    }

    // EINVAL: one that shares the mm has not got its signal yet; the kill of the cgroup is on its way to it.
    private static bool IsWorthRepeating(Errno error) =>
        error == Errno.EAGAIN || error == Errno.EINTR || error == Errno.EINVAL;
}
