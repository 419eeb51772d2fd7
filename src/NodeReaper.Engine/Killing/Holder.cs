using System.Buffers.Text;
using System.Diagnostics;
using NodeReaper.Kernel.Cgroups;
using NodeReaper.Kernel.Polling;
using NodeReaper.Kernel.Processes;
using NodeReaper.Kernel.Procfs;
using NodeReaper.Kernel.Syscalls;

namespace NodeReaper.Engine.Killing;

/// <summary>
/// A thread that holds victims at the door of their exit. It is apart from the killer, because PTRACE_SEIZE waits for a
/// victim that is within execve(2), for as long as that takes: the signal must not wait along. Those that cannot be let go
/// yet, because they sleep uninterruptibly, stay with it and are tried again; its end lets go of all.
/// </summary>
public sealed class Holder : IDisposable
{
    /// <summary>The most threads that one holder holds.</summary>
    public const int Capacity = 256;

    /// <summary>The most processes that it seizes for one kill.</summary>
    public const int MaxPerKill = VictimProcesses.Followed;

    private const int Held = 0;
    private const int MayGo = 1;
    private const int MustGo = 2;
    private const int PollMilliseconds = 1;
    private const int LongestPollMilliseconds = 20;

    private static readonly long s_spin = Stopwatch.Frequency / 10_000;

    private readonly WakeUp _wake = new();
    private readonly WakeUp _done = new();
    private readonly byte[] _entries = new byte[4096];
    private readonly int[] _processes = new int[MaxPerKill];
    private readonly int[] _threads = new int[MaxPerKill];
    private readonly Errno[] _errors = new Errno[MaxPerKill];
    private readonly int[] _orders = new int[MaxPerKill];
    private readonly HeldThread[] _table = new HeldThread[Capacity];
    private readonly ProcessFiles _proc;
    private readonly KillErrors _kernelErrors;
    private readonly Thread _thread;
    private volatile bool _isStopping;
    private volatile bool _isSeizing;
    private volatile int _seized;
    private volatile int _count;
    private int _wanted;
    private long _job;
    private long _endedJob;
    private long _end;

    /// <summary>Starts the thread.</summary>
    /// <param name="proc">The proc file system.</param>
    /// <param name="errors">Counts errors.</param>
    /// <param name="number">Which one it is, for its name.</param>
    public Holder(ProcessFiles proc, KillErrors errors, int number)
    {
        _proc = proc;
        _kernelErrors = errors;
        _thread = new Thread(Work) { IsBackground = true, Name = $"holder-{number}" };
        _thread.Start();
    }

    /// <summary>How many threads it holds.</summary>
    public int Count => _count;

    /// <summary>True when it can take on another victim.</summary>
    public bool IsFree => !_isSeizing && _count + MaxPerKill <= Capacity;

    /// <summary>How many processes of this kill it has tried to seize so far.</summary>
    public int Seized => _seized;

    /// <summary>Starts to seize one thread of each process.</summary>
    /// <param name="victims">The processes, at most <see cref="MaxPerKill"/>.</param>
    /// <param name="end">
    /// When it lets go of them by itself, dying or not, in ticks of <see cref="Stopwatch"/>: whoever began this may be kept waiting.
    /// </param>
    public void Begin(ReadOnlySpan<VictimProcess> victims, long end)
    {
        _done.Reset();
        _end = end;
        _wanted = victims.Length;
        for (var i = 0; i < victims.Length; i++)
        {
            _processes[i] = victims[i].ProcessId;
            _orders[i] = Held;
        }

        _seized = 0;
        Volatile.Write(ref _job, _job + 1);
        _isSeizing = true;
        _wake.Raise();
    }

    /// <summary>Waits until all are seized.</summary>
    /// <param name="milliseconds">How long, in milliseconds.</param>
    /// <returns>True when all are.</returns>
    public bool WaitUntilSeized(int milliseconds)
    {
        // It is done before a sleep would be over, most of the time.
        var begunAt = Stopwatch.GetTimestamp();
        while (_isSeizing && Stopwatch.GetTimestamp() < begunAt + s_spin)
        {
            Thread.SpinWait(20);
        }

        // A signal to this program ends a wait, too.
        var left = milliseconds;
        while (_isSeizing && left > 0)
        {
            _ = _done.Wait(left);
            left = milliseconds - (int)Stopwatch.GetElapsedTime(begunAt).TotalMilliseconds;
        }

        return !_isSeizing;
    }

    /// <summary>Tells what became of a process that was seized.</summary>
    /// <param name="index">Its place in the kill, below <see cref="Seized"/>.</param>
    /// <param name="error">What the kernel said.</param>
    /// <returns>The thread that is held; 0 for none.</returns>
    public int ThreadOf(int index, out Errno error)
    {
        error = _errors[index];
        return _threads[index];
    }

    /// <summary>Lets go of a process, as soon as it has reached its stop.</summary>
    /// <param name="index">Its place in the kill.</param>
    /// <param name="isDying">False when it may not be dying: it is then made to stop, to be let go.</param>
    /// <returns>True when this is news; <see cref="Wake"/> must follow.</returns>
    public bool LetGo(int index, bool isDying) => Interlocked.CompareExchange(ref _orders[index], isDying ? MayGo : MustGo, Held) == Held;

    /// <summary>Seizes no more, and lets go at once of those that are seized, dying or not.</summary>
    /// <param name="from">From this place in the kill on.</param>
    public void GiveUp(int from)
    {
        for (var i = from; i < _wanted; i++)
        {
            _ = LetGo(i, isDying: false);
        }

        _wake.Raise();
    }

    /// <summary>Makes it look at what it may let go.</summary>
    public void Wake() => _wake.Raise();

    /// <summary>Ends the kill: whoever is still held is let go, dying or not, and no more are seized.</summary>
    public void End()
    {
        Volatile.Write(ref _endedJob, Volatile.Read(ref _job));
        _wake.Raise();
    }

    /// <summary>Ends the thread, which lets go of all that it holds.</summary>
    public void Dispose()
    {
        _isStopping = true;
        End();
    }

    private void Work()
    {
        _ = KillPathThread.Prefer();
        var pause = PollMilliseconds;
        while (!_isStopping)
        {
            var isNews = _wake.Wait(_count == 0 ? -1 : pause);
            pause = isNews ? PollMilliseconds : Math.Min(pause * 2, LongestPollMilliseconds);
            if (_isSeizing)
            {
                SeizeAll();
            }

            LookAtAll();
        }

        LookAtAll();
    }

    private void SeizeAll()
    {
        var job = Volatile.Read(ref _job);
        for (var i = 0; i < _wanted && !IsOver(job, _end) && Volatile.Read(ref _orders[i]) == Held; i++)
        {
            _errors[i] = Seize(_processes[i], i, job, out _threads[i]);
            _seized = i + 1;
        }

        _isSeizing = false;
        _done.Raise();
    }

    private Errno Seize(int processId, int index, long job, out int thread)
    {
        thread = 0;
        var error = _kernelErrors.Note(KillCall.Seize, ExitHold.Seize(processId));
        if (error.IsNone)
        {
            thread = processId;
        }
        else if (error == Errno.EPERM)
        {
            // Its first thread may be a zombie while others live.
            thread = SeizeOtherThread(processId);
        }

        if (thread == 0)
        {
            return error;
        }

        _table[_count] = new HeldThread { Thread = thread, ProcessId = processId, Index = index, Job = job, End = _end };
        _count++;
        return Errno.None;
    }

    private int SeizeOtherThread(int processId)
    {
        var opened = _proc.OpenThreads(processId);
        if (!opened.Succeeded)
        {
            return 0;
        }

        var seized = 0;
        var directory = new FileDescriptor((int)opened.Value);
        var threads = new ChildDirectories(directory, _entries);
        while (seized == 0 && threads.MoveNext())
        {
            if (Utf8Parser.TryParse(threads.Name, out int threadId, out _)
                && threadId != processId
                && _kernelErrors.Note(KillCall.Seize, ExitHold.Seize(threadId)).IsNone)
            {
                seized = threadId;
            }
        }

        directory.Close();
        return seized;
    }

    private void LookAtAll()
    {
        for (var position = _count - 1; position >= 0; position--)
        {
            ref var held = ref _table[position];
            var order = IsOver(held.Job, held.End) ? MustGo : Volatile.Read(ref _orders[held.Index]);
            if (order == Held)
            {
                continue;
            }

            if (TryLetGo(ref held, order == MustGo))
            {
                held = _table[_count - 1];
                _count--;
            }
        }
    }

    // False while it is still held: whatever went wrong, it is tried again.
    private bool TryLetGo(ref HeldThread held, bool isToStop)
    {
        if (isToStop && !held.Interrupted)
        {
            held.Interrupted = ExitHold.Interrupt(held.Thread).IsNone;
        }

        var error = ExitHold.TryLetGo(held.Thread);
        if (error == Errno.ECHILD && held.Thread != held.ProcessId)
        {
            held.Thread = held.ProcessId;
            held.Interrupted = false;
            return false;
        }

        if (error.IsNone || error == Errno.ESRCH || error == Errno.ECHILD)
        {
            return true;
        }

        _ = _kernelErrors.Note(KillCall.LetGo, error == Errno.EAGAIN ? Errno.None : error);
        return false;
    }

    // A kill that is over, also one that was given up while this thread was kept waiting.
    private bool IsOver(long job, long end) => job <= Volatile.Read(ref _endedJob) || Stopwatch.GetTimestamp() >= end;

    // One that is to be let go, and of which kill.
    private struct HeldThread
    {
        internal int Thread;
        internal int ProcessId;
        internal int Index;
        internal long Job;
        internal long End;
        internal bool Interrupted;
    }
}
