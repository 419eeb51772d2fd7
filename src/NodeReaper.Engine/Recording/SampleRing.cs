namespace NodeReaper.Engine.Recording;

/// <summary>The last samples. One thread adds without ever waiting; another may read what has not been written over.</summary>
public sealed class SampleRing
{
    private readonly PressureSample[] _samples;
    private long _count;

    /// <summary>Makes room.</summary>
    /// <param name="capacity">For so many samples.</param>
    public SampleRing(int capacity) => _samples = new PressureSample[capacity];

    /// <summary>How many have been added since the start.</summary>
    public long Count => Volatile.Read(ref _count);

    /// <summary>The number of the oldest that can be read.</summary>
    public long Oldest => Math.Max(0, Count - _samples.Length + 1);

    /// <summary>Reads a sample.</summary>
    /// <param name="number">Its number, from 0 on.</param>
    /// <param name="sample">The sample.</param>
    /// <returns>False when it was written over, or is not there yet.</returns>
    public bool TryRead(long number, out PressureSample sample)
    {
        sample = default;
        if (number < Oldest || number >= Count)
        {
            return false;
        }

        sample = _samples[number % _samples.Length];

        // What was written over meanwhile may be half of each: the copy must come before this look.
        Interlocked.MemoryBarrier();
        return number >= Oldest;
    }

    /// <summary>Adds a sample, in place of the oldest when it is full. Allocates nothing.</summary>
    /// <param name="sample">The sample.</param>
    public void Add(in PressureSample sample)
    {
        _samples[_count % _samples.Length] = sample;
        Volatile.Write(ref _count, _count + 1);
    }
}
