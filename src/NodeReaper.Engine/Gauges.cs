using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Pressure;
using NodeReaper.Engine.Reporting;

namespace NodeReaper.Engine;

/// <summary>Figures of the moment: the pressure thread writes them, any other may read them. Each is right by itself; together they may be of two moments.</summary>
public sealed class Gauges
{
    private readonly long[] _candidates = new long[Enum.GetValues<Exclusion>().Length];
    private long _availableBytes;
    private long _killBelowBytes;
    private long _swapToSpareBytes;
    private long _pendingBytes;
    private long _heldVictims;
    private long _undeadVictims;
    private long _readingFailures;
    private long _dryRunOverAt;
    private long _recoverToBytes;
    private long _nodeShortageBytes;
    private long _sliceShortageBytes;
    private long _ownLimitOomKills;
    private bool _isReadingFailing;
    private bool _isShort;

    /// <summary>MemAvailable in bytes.</summary>
    public long AvailableBytes => Volatile.Read(ref _availableBytes);

    /// <summary>The threshold of the node, in bytes.</summary>
    public long KillBelowBytes => Volatile.Read(ref _killBelowBytes);

    /// <summary>Free swap of the node that is of use, in bytes, while that keeps the threshold from counting; 0 once swap is spent.</summary>
    public long SwapToSpareBytes => Volatile.Read(ref _swapToSpareBytes);

    /// <summary>What the node is to have again after a kill, in bytes.</summary>
    public long RecoverToBytes => Volatile.Read(ref _recoverToBytes);

    /// <summary>What the node is short of, in bytes; 0 when it is not short.</summary>
    public long NodeShortageBytes => Volatile.Read(ref _nodeShortageBytes);

    /// <summary>What the slice above the Pods that is shortest of memory, at a limit of its own, is short of, in bytes; 0 when none is.</summary>
    public long SliceShortageBytes => Volatile.Read(ref _sliceShortageBytes);

    /// <summary>Processes that the kernel's OOM killer took at limits other than the node's and those of the slices above the Pods, since the start.</summary>
    public long OwnLimitOomKills => Volatile.Read(ref _ownLimitOomKills);

    /// <summary>What victims that are not gone are still giving back, in bytes.</summary>
    public long PendingBytes => Volatile.Read(ref _pendingBytes);

    /// <summary>Victims that are seized and have not reached their exit.</summary>
    public long HeldVictims => Volatile.Read(ref _heldVictims);

    /// <summary>Containers that were killed, and whose processes are not all gone, or whose memory is not back.</summary>
    public long UndeadVictims => Volatile.Read(ref _undeadVictims);

    /// <summary>Readings of the signals that failed since the start.</summary>
    public long ReadingFailures => Volatile.Read(ref _readingFailures);

    /// <summary>True while the last reading of the signals failed.</summary>
    public bool IsReadingFailing => Volatile.Read(ref _isReadingFailing);

    /// <summary>True while the node, or a slice with a limit of its own, is short of memory.</summary>
    public bool IsShort => Volatile.Read(ref _isShort);

    /// <summary>When the last shortage was over in which a dry run had told of somebody, in ticks of <see cref="System.Diagnostics.Stopwatch"/>; 0 is never.</summary>
    public long DryRunOverAt => Volatile.Read(ref _dryRunOverAt);

    /// <summary>How many containers were excluded for a reason at the last look.</summary>
    /// <param name="exclusion">The reason; None: those that may be killed.</param>
    public long Candidates(Exclusion exclusion) => Volatile.Read(ref _candidates[(int)exclusion]);

    internal void Note(NodePressure node, PressurePolicy policy, Episodes episodes)
    {
        var ofNode = Occasion.Of(node.Last, policy, null);
        var shortage = Shortage(ofNode, episodes.OfNode);
        var shortest = 0L;
        var slices = node.Slices.All;
        for (var place = 0; place < slices.Length; place++)
        {
            if (slices[place] is { IsLimited: true } slice)
            {
                shortest = Math.Max(shortest, Shortage(Occasion.Of(slice.Last, policy, slice), episodes.Of(place, slice)));
            }
        }

        Volatile.Write(ref _availableBytes, node.Last.Memory.AvailableBytes);
        Volatile.Write(ref _killBelowBytes, ofNode.Limits.KillBelowBytes);
        Volatile.Write(ref _swapToSpareBytes, node.Last.IsSwapSpent(ofNode.Limits) ? 0 : node.Last.UsableSwapBytes);
        Volatile.Write(ref _recoverToBytes, ofNode.Limits.RecoverToBytes);
        Volatile.Write(ref _nodeShortageBytes, shortage);
        Volatile.Write(ref _sliceShortageBytes, shortest);
        Volatile.Write(ref _readingFailures, node.Failures);
        Volatile.Write(ref _isReadingFailing, node.IsFailing);
        Volatile.Write(ref _isShort, shortage > 0 || shortest > 0);
    }

    internal void Note(long pendingBytes, long heldVictims, long undeadVictims, long ownLimitOomKills)
    {
        Volatile.Write(ref _pendingBytes, pendingBytes);
        Volatile.Write(ref _heldVictims, heldVictims);
        Volatile.Write(ref _undeadVictims, undeadVictims);
        Volatile.Write(ref _ownLimitOomKills, ownLimitOomKills);
    }

    internal void NoteDryRunOver(long timestamp) => Volatile.Write(ref _dryRunOverAt, timestamp);

    // Who is short is short of something.
    private static long Shortage(in Occasion occasion, Episode episode) => episode.IsShort(occasion) ? Math.Max(1, occasion.Verdict.DeficitBytes) : 0;

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
