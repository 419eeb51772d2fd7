using System.Diagnostics;
using NodeReaper.Kernel.Procfs;
using NodeReaper.Kernel.Syscalls;

namespace NodeReaper.Engine.Killing;

/// <summary>
/// Holds the processes of one victim at a time, with a thread that is free for it: others may still be with earlier
/// victims that sleep uninterruptibly, or be kept waiting by one within execve.
/// </summary>
public sealed class Holders : IDisposable
{
    private const int Threads = 3;

    // Without one more process seized in this time, the signal goes out: it ends what the seizing waits for. A seizing that
    // waits for nothing takes microseconds; the rest is for a thread that has to get to run first.
    private const int PatienceMilliseconds = 25;
    private const int StartMilliseconds = 1000;

    // The killer ends the hold by itself, when it can.
    private static readonly long s_slack = Stopwatch.Frequency / 10;

    private readonly Holder[] _all = new Holder[Threads];
    private Holder? _current;

    /// <summary>Starts the threads.</summary>
    /// <param name="proc">The proc file system.</param>
    /// <param name="errors">Counts errors.</param>
    public Holders(ProcessFiles proc, KillErrors errors)
    {
        for (var i = 0; i < Threads; i++)
        {
            _all[i] = new Holder(proc, errors, i);
        }

        // The first kill must not wait for a thread to start, or for code that runs for the first time.
        foreach (var holder in _all)
        {
            holder.Begin([], 0);
            _ = holder.WaitUntilSeized(StartMilliseconds);
        }
    }

    /// <summary>How many threads are held, of all victims.</summary>
    public int Count
    {
        get
        {
            var count = 0;
            foreach (var holder in _all)
            {
                count += holder.Count;
            }

            return count;
        }
    }

    /// <summary>Holds the processes of a victim, as many as can be.</summary>
    /// <param name="victims">The processes, at most <see cref="Holder.MaxPerKill"/>. Gets what became of each.</param>
    /// <param name="end">When the hold ends all the same, in ticks of <see cref="Stopwatch"/>.</param>
    /// <returns>How many are held.</returns>
    public int Hold(Span<VictimProcess> victims, long end)
    {
        _current = FindFree();
        if (_current is not { } holder)
        {
            for (var i = 0; i < victims.Length; i++)
            {
                victims[i].HoldError = Errno.EBUSY;
            }

            return 0;
        }

        holder.Begin(victims, Math.Max(end, Stopwatch.GetTimestamp()) + s_slack);
        var seized = 0;
        var isDone = holder.WaitUntilSeized(PatienceMilliseconds);
        while (!isDone && holder.Seized > seized)
        {
            seized = holder.Seized;
            isDone = holder.WaitUntilSeized(PatienceMilliseconds);
        }

        var held = 0;
        seized = holder.Seized;
        if (!isDone)
        {
            holder.GiveUp(seized);
        }

        for (var i = 0; i < victims.Length; i++)
        {
            victims[i].HoldError = Errno.EBUSY;
            if (i < seized)
            {
                victims[i].HeldThread = holder.ThreadOf(i, out victims[i].HoldError);
                held += victims[i].HeldThread == 0 ? 0 : 1;
            }
        }

        return held;
    }

    /// <summary>Lets go of whoever was released.</summary>
    /// <param name="victims">The same processes as of <see cref="Hold"/>.</param>
    public void LetGoOfReleased(ReadOnlySpan<VictimProcess> victims)
    {
        if (_current is not { } holder)
        {
            return;
        }

        var isNews = false;
        for (var i = 0; i < victims.Length; i++)
        {
            if (victims[i].HeldThread != 0 && victims[i].IsReleased)
            {
                // EINVAL: it is not dying: it left the cgroup before the kill. ESRCH: it is a stranger that got the ID of one
                // that died before it could be held: what is held has its memory. Neither must wait for us.
                var error = victims[i].ReleaseError;
                isNews |= holder.LetGo(i, isDying: error != Errno.EINVAL && error != Errno.ESRCH);
            }
        }

        if (isNews)
        {
            holder.Wake();
        }
    }

    /// <summary>Lets go at once of those whose turn to be released does not come.</summary>
    /// <param name="from">From this process of <see cref="Hold"/> on.</param>
    public void GiveUp(int from) => _current?.GiveUp(from);

    /// <summary>Lets go of the whole victim, dying or not, as soon as that is possible.</summary>
    public void LetGoOfAll()
    {
        _current?.End();
        _current = null;
    }

    /// <summary>Ends the threads, which lets go of all.</summary>
    public void Dispose()
    {
        foreach (var holder in _all)
        {
            holder.Dispose();
        }
    }

    private Holder? FindFree()
    {
        foreach (var holder in _all)
        {
            if (holder.IsFree)
            {
                return holder;
            }
        }

        return null;
    }
}
