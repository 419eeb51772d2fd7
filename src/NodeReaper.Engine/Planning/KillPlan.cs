using NodeReaper.Engine.Candidates;

namespace NodeReaper.Engine.Planning;

/// <summary>Who is to be killed, in the order of the ranking. Filled anew for each decision.</summary>
public sealed class KillPlan
{
    /// <summary>The most victims that a plan can have.</summary>
    public const int MaxVictims = 16;

    private readonly int[] _victims = new int[MaxVictims];

    /// <summary>How many victims there are.</summary>
    public int Count { get; private set; }

    /// <summary>The victims, as indexes into the snapshot.</summary>
    public ReadOnlySpan<int> Victims => _victims.AsSpan(0, Count);

    /// <summary>What their deaths give back together, in bytes.</summary>
    public long CoveredBytes { get; private set; }

    internal void TakeOnly(int index, long reliefBytes)
    {
        Clear();
        AddInFront(index, reliefBytes);
    }

    internal void Clear()
    {
        Count = 0;
        CoveredBytes = 0;
    }

    /// <summary>What would not come back without the victim of a position, in bytes.</summary>
    internal long ShareOf(int position, ReadOnlySpan<Candidate> all)
    {
        Span<int> others = stackalloc int[MaxVictims];
        Victims[..position].CopyTo(others);
        Victims[(position + 1)..].CopyTo(others[position..]);
        return CommonRelief.Added(all, _victims[position], others[..(Count - 1)]);
    }

    internal void AddInFront(int index, ReadOnlySpan<Candidate> all) => AddInFront(index, CommonRelief.Added(all, index, Victims));

    private void AddInFront(int index, long reliefBytes)
    {
        _victims.AsSpan(0, Count).CopyTo(_victims.AsSpan(1));
        _victims[0] = index;
        Count++;
        CoveredBytes += reliefBytes;
    }

    internal void Remove(int position, ReadOnlySpan<Candidate> all)
    {
        CoveredBytes -= ShareOf(position, all);
        _victims.AsSpan(position + 1, Count - position - 1).CopyTo(_victims.AsSpan(position));
        Count--;
    }
}
