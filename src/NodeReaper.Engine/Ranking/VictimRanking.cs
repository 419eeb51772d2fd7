using NodeReaper.Engine.Candidates;

namespace NodeReaper.Engine.Ranking;

/// <summary>The candidates that may be killed, the one that dies first in front. Filled anew for each decision.</summary>
public sealed class VictimRanking
{
    private int[] _order = new int[2048];

    /// <summary>How many may be killed.</summary>
    public int Count { get; private set; }

    /// <summary>The order, as indexes into the snapshot.</summary>
    public ReadOnlySpan<int> Order => _order.AsSpan(0, Count);

    /// <summary>What the deaths of all of them would give back together, in bytes.</summary>
    /// <param name="snapshot">What was ranked.</param>
    public long ReliefBytes(CandidateSnapshot snapshot) => CommonRelief.Of(snapshot.All, Order);

    internal Span<int> Reset(int capacity)
    {
        if (_order.Length < capacity)
        {
            _order = new int[capacity * 2];
        }

        Count = 0;
        return _order;
    }

    internal void Add(int index) => _order[Count++] = index;

    internal Span<int> Sortable => _order.AsSpan(0, Count);
}
