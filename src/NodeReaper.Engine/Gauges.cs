using NodeReaper.Engine.Candidates;

namespace NodeReaper.Engine;

/// <summary>Figures of the moment: the pressure thread writes them, any other may read them. Each is right by itself; together they may be of two moments.</summary>
public sealed class Gauges
{
    private readonly long[] _candidates = new long[Enum.GetValues<Exclusion>().Length];
    private long _availableBytes;
    private long _killBelowBytes;
    private long _pendingBytes;
    private long _heldVictims;
    private long _undeadVictims;
    private long _readingFailures;
    private long _dryRunOverAt;
    private bool _isShort;

    /// <summary>MemAvailable in bytes.</summary>
    public long AvailableBytes => Volatile.Read(ref _availableBytes);

    /// <summary>The threshold of the node, in bytes.</summary>
    public long KillBelowBytes => Volatile.Read(ref _killBelowBytes);

    /// <summary>What victims that are not gone are still giving back, in bytes.</summary>
    public long PendingBytes => Volatile.Read(ref _pendingBytes);

    /// <summary>Victims that are seized and have not reached their exit.</summary>
    public long HeldVictims => Volatile.Read(ref _heldVictims);

    /// <summary>Containers that were killed, and whose processes are not all gone.</summary>
    public long UndeadVictims => Volatile.Read(ref _undeadVictims);

    /// <summary>Readings of the signals that failed since the start.</summary>
    public long ReadingFailures => Volatile.Read(ref _readingFailures);

    /// <summary>True while the node, or a slice with a limit of its own, is short of memory.</summary>
    public bool IsShort => Volatile.Read(ref _isShort);

    /// <summary>When the last shortage was over in which a dry run had told of somebody, in ticks of <see cref="System.Diagnostics.Stopwatch"/>; 0 is never.</summary>
    public long DryRunOverAt => Volatile.Read(ref _dryRunOverAt);

    /// <summary>How many containers were excluded for a reason at the last look.</summary>
    /// <param name="exclusion">The reason; None: those that may be killed.</param>
    public long Candidates(Exclusion exclusion) => Volatile.Read(ref _candidates[(int)exclusion]);

    internal void Note(long availableBytes, long killBelowBytes, long pendingBytes, long heldVictims, long undeadVictims, long readingFailures, bool isShort)
    {
        Volatile.Write(ref _availableBytes, availableBytes);
        Volatile.Write(ref _killBelowBytes, killBelowBytes);
        Volatile.Write(ref _pendingBytes, pendingBytes);
        Volatile.Write(ref _heldVictims, heldVictims);
        Volatile.Write(ref _undeadVictims, undeadVictims);
        Volatile.Write(ref _readingFailures, readingFailures);
        Volatile.Write(ref _isShort, isShort);
    }

    internal void NoteDryRunOver(long timestamp) => Volatile.Write(ref _dryRunOverAt, timestamp);

    internal void Note(ReadOnlySpan<Candidate> candidates)
    {
        for (var i = 0; i < _candidates.Length; i++)
        {
            long count = 0;
            foreach (ref readonly var candidate in candidates)
            {
                count += (int)candidate.Exclusion == i ? 1 : 0;
            }

            Volatile.Write(ref _candidates[i], count);
        }
    }
}
