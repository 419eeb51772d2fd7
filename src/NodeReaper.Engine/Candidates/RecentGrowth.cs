using System.Diagnostics;
using NodeReaper.Engine.Pressure;

namespace NodeReaper.Engine.Candidates;

/// <summary>
/// Tells whose growth took the memory that went: those that took at least a quarter of it in the last half to one minute, beyond their
/// request. Half a minute is long enough for a leak to stand out from what others allocate and free all the time.
/// </summary>
public sealed class RecentGrowth
{
    private const long LeastBytes = 8L << 20;
    private const long AtRestBytesPerSecond = 1L << 20;
    private const int Share = 4;
    private static readonly long s_apart = 30 * Stopwatch.Frequency;
    private long _markedAt;
    private long _available;
    private long _availableBefore;

    /// <summary>Remembers what each uses, twice a minute. What comes later than the first look begins with nothing. Allocates nothing.</summary>
    /// <param name="snapshot">The containers.</param>
    /// <param name="availableBytes">What the node has available, in bytes.</param>
    /// <param name="now">The time, in ticks of <see cref="Stopwatch"/>.</param>
    public void Remember(CandidateSnapshot snapshot, long availableBytes, long now)
    {
        var isFirst = _markedAt == 0;
        if (snapshot.Count == 0 || (!isFirst && now - _markedAt < s_apart))
        {
            return;
        }

        _markedAt = now;
        _availableBefore = isFirst ? availableBytes : _available;
        _available = availableBytes;
        foreach (ref readonly var candidate in snapshot.All)
        {
            if (candidate.IsUnreadable)
            {
                continue;
            }

            candidate.Cgroup.IsNew = !isFirst && candidate.Cgroup.MarkedBytesBefore == 0;
            candidate.Cgroup.MarkedBytesBefore = isFirst ? candidate.FreeableBytes : candidate.Cgroup.MarkedBytes;
            candidate.Cgroup.MarkedBytes = candidate.FreeableBytes;
        }
    }

    /// <summary>Says of each candidate whether it is a cause. Allocates nothing.</summary>
    /// <param name="snapshot">The containers.</param>
    /// <param name="availableBytes">What the node has available now, in bytes: what nobody here took was taken by others.</param>
    /// <param name="limits">The thresholds of the place that is short: a cause takes a sixteenth at least of what lies between them.</param>
    /// <param name="slice">The slice that is short of memory; null when it is the node.</param>
    public void MarkCauses(CandidateSnapshot snapshot, long availableBytes, in PressureLimits limits, SlicePressure? slice)
    {
        if (_markedAt == 0)
        {
            return;
        }

        long grown = 0;
        foreach (ref readonly var candidate in snapshot.All)
        {
            grown += slice?.Holds(candidate.Cgroup) == false ? 0 : Growth(candidate);
        }

        var taken = slice is null ? Math.Max(grown, _availableBefore - availableBytes) : grown;
        var least = Math.Max(Math.Max(LeastBytes, taken / Share), (limits.RecoverToBytes - limits.KillBelowBytes) / 16);
        foreach (ref var candidate in snapshot.ToFill)
        {
            candidate.IsCause = Math.Min(Growth(candidate), candidate.OverRequestBytes) >= least && !HasComeToRest(candidate);
        }
    }

    // What has just started took all that it has, and is no cause once it has what it needs: it would else die at each start.
    private static bool HasComeToRest(in Candidate candidate) =>
        candidate.Cgroup is { IsNew: true, IsFirstLook: false } && candidate.GrowthBytesPerSecond < AtRestBytesPerSecond;

    private static long Growth(in Candidate candidate) =>
        candidate.IsUnreadable ? 0 : Math.Max(0, candidate.FreeableBytes - candidate.Cgroup.MarkedBytesBefore);
}
