using NodeReaper.Kernel.Processes;
using NodeReaper.Kernel.Syscalls;

namespace NodeReaper.Engine.Killing;

/// <summary>
/// The threads that this thread holds at the door of their exit. One that cannot be let go yet, because it sleeps
/// uninterruptibly, stays here and is tried again: a forgotten one would hang for as long as the agent lives.
/// </summary>
public sealed class HeldThreads
{
    private readonly int[] _threads;
    private readonly KillErrors _errors;

    /// <summary>Makes room.</summary>
    /// <param name="capacity">For so many threads.</param>
    /// <param name="errors">Counts errors.</param>
    public HeldThreads(int capacity, KillErrors errors)
    {
        _threads = new int[capacity];
        _errors = errors;
    }

    /// <summary>How many are held.</summary>
    public int Count { get; private set; }

    /// <summary>True when no more can be held.</summary>
    public bool IsFull => Count == _threads.Length;

    /// <summary>Seizes a thread and keeps it in mind.</summary>
    /// <param name="threadId">The thread.</param>
    /// <returns>What the kernel said (see <see cref="ExitHold.Seize"/>); EBUSY when no more can be held.</returns>
    public Errno Seize(int threadId)
    {
        if (IsFull)
        {
            return Errno.EBUSY;
        }

        var error = _errors.Note(KillCall.Seize, ExitHold.Seize(threadId));
        if (error.IsNone)
        {
            _threads[Count++] = threadId;
        }

        return error;
    }

    /// <summary>Lets go of one thread, if it has reached its stop.</summary>
    /// <param name="threadId">The thread.</param>
    /// <returns>True when it is held no longer.</returns>
    public bool TryLetGo(int threadId)
    {
        var position = _threads.AsSpan(0, Count).IndexOf(threadId);
        return position < 0 || TryLetGoAt(position);
    }

    /// <summary>Makes a thread that is not dying after all stop, so that it can be let go.</summary>
    /// <param name="threadId">The thread.</param>
    public void Spare(int threadId)
    {
        if (_threads.AsSpan(0, Count).Contains(threadId))
        {
            _ = ExitHold.Interrupt(threadId);
        }
    }

    /// <summary>Lets go of every thread that has reached its stop. From the thread that seized them.</summary>
    /// <returns>How many are still held.</returns>
    public int LetGoOfAll()
    {
        for (var position = Count - 1; position >= 0; position--)
        {
            _ = TryLetGoAt(position);
        }

        return Count;
    }

    private bool TryLetGoAt(int position)
    {
        var error = ExitHold.TryLetGo(_threads[position]);
        if (error == Errno.EAGAIN)
        {
            return false;
        }

        // ESRCH and ECHILD: it has ended, and nothing is left to let go.
        if (!error.IsGone && error != Errno.ECHILD)
        {
            _ = _errors.Note(KillCall.LetGo, error);
        }

        _threads[position] = _threads[--Count];
        return true;
    }
}
