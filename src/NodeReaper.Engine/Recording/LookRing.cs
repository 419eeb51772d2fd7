namespace NodeReaper.Engine.Recording;

/// <summary>The last looks. One thread fills them without ever waiting; another may read what has not been written over.</summary>
public sealed class LookRing
{
    private readonly RecordedLook[] _looks;
    private long _count;

    /// <summary>Makes room.</summary>
    /// <param name="capacity">For so many looks, and one that is being written.</param>
    public LookRing(int capacity)
    {
        _looks = new RecordedLook[capacity + 1];
        for (var i = 0; i < _looks.Length; i++)
        {
            _looks[i] = new RecordedLook();
        }
    }

    /// <summary>How many there have been since the start.</summary>
    public long Count => Volatile.Read(ref _count);

    /// <summary>The number of the oldest that can be read.</summary>
    public long Oldest => Math.Max(0, Count - _looks.Length + 1);

    /// <summary>Takes from a look what is wanted of it.</summary>
    /// <param name="number">Its number, from 0 on.</param>
    /// <param name="take">Copies it: the look itself is used again.</param>
    /// <param name="taken">What was copied.</param>
    /// <returns>False when it was written over meanwhile, or is not there yet.</returns>
    public bool TryRead<T>(long number, Func<RecordedLook, T> take, out T? taken)
    {
        taken = default;
        if (number < Oldest || number >= Count)
        {
            return false;
        }

        taken = take(_looks[number % _looks.Length]);

        // What was written over meanwhile may be half of each: the copy must come before this look.
        Interlocked.MemoryBarrier();
        return number >= Oldest;
    }

    /// <summary>The one to fill next, in place of the oldest.</summary>
    internal RecordedLook Next => _looks[_count % _looks.Length];

    /// <summary>It is filled.</summary>
    internal void Add() => Volatile.Write(ref _count, _count + 1);
}
