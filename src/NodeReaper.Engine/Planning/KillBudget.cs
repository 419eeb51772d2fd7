using System.Diagnostics;
using NodeReaper.Engine.Assessment;
using NodeReaper.Engine.Policy;

namespace NodeReaper.Engine.Planning;

/// <summary>Counts the kills of a sliding window, so that a mistake of ours cannot empty the node.</summary>
public sealed class KillBudget
{
    /// <summary>The most kills a window that a policy can allow.</summary>
    public const int Most = 256;

    // An emergency has twice the cap.
    private const int Kept = 2 * Most;
    private readonly long[] _times = new long[Kept];
    private long _count;

    /// <summary>Tells whether another kill fits into the window.</summary>
    /// <param name="now">The time, in ticks of <see cref="Stopwatch"/>.</param>
    /// <param name="most">How many kills a window may have, 1 to twice <see cref="Most"/>.</param>
    /// <param name="window">How long the window is.</param>
    public bool Allows(long now, int most, TimeSpan window)
    {
        if (_count < most)
        {
            return true;
        }

        var back = _times[(_count - most) % Kept];
        return now - back >= (long)(window.TotalSeconds * Stopwatch.Frequency);
    }

    /// <summary>Tells whether a policy allows another kill now. Allocates nothing.</summary>
    /// <param name="verdict">On the shortage.</param>
    /// <param name="policy">The cap.</param>
    public bool Allows(in PressureVerdict verdict, PlanPolicy policy) =>
        Allows(Stopwatch.GetTimestamp(), Decisions.MaxKills(verdict, policy), policy.KillWindow);

    /// <summary>Counts a kill.</summary>
    /// <param name="now">When it was, in ticks of <see cref="Stopwatch"/>; not before the last one.</param>
    public void Note(long now) => _times[_count++ % Kept] = now;
}
