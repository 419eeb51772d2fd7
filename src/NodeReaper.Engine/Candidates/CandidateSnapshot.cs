namespace NodeReaper.Engine.Candidates;

/// <summary>All containers of the node as they were at one moment. Filled anew for each decision, into the same memory.</summary>
public sealed class CandidateSnapshot
{
    private Candidate[] _candidates;

    /// <summary>Makes room.</summary>
    /// <param name="capacity">For so many containers; it grows when there are more.</param>
    public CandidateSnapshot(int capacity) => _candidates = new Candidate[capacity];

    /// <summary>How many there are.</summary>
    public int Count { get; private set; }

    /// <summary>The candidates, excluded ones among them.</summary>
    public ReadOnlySpan<Candidate> All => _candidates.AsSpan(0, Count);

    /// <summary>Which share of what is swapped out takes no memory, 0 to 1: of a disk all, of zram what compression saves.</summary>
    public double SwapOnDisk { get; set; } = 1;

    internal Span<Candidate> ToFill => _candidates.AsSpan(0, Count);

    internal void Clear() => Count = 0;

    /// <summary>Adds one, to be filled.</summary>
    public ref Candidate Add()
    {
        if (Count == _candidates.Length)
        {
            Array.Resize(ref _candidates, Count * 2);
        }

        ref var added = ref _candidates[Count++];
        added = default;
        return ref added;
    }
}
