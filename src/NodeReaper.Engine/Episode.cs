using System.Diagnostics;
using NodeReaper.Engine.Pressure;
using NodeReaper.Engine.Reporting;

namespace NodeReaper.Engine;

/// <summary>What is known of the shortage of one place, so that nothing is told twice and no decision is made anew before something has changed.</summary>
internal sealed class Episode
{
    // What kept a victim from being looked at may pass: no descriptors, no memory.
    private static readonly long s_pause = Stopwatch.Frequency / 4;

    // A full node that is well may never have what it is to recover to.
    private static readonly long s_calm = 60 * Stopwatch.Frequency;

    // The kernel's counter of its kills is read twice a second: with such a kill, the shortage may be over before it is seen.
    private static readonly long s_lately = 2 * Stopwatch.Frequency;
    private LateReason? _reason;
    private long _endedAt;
    private long _shortAt;
    private long _waitsUntil;
    private bool _waitsInEmergency;

    internal bool HasToldOfNoVictim { get; set; }

    internal bool HasToldOfCap { get; set; }

    internal bool HasToldOfDryRun { get; set; }

    internal bool HasToldOfAttribution { get; set; }

    /// <summary>True once the stalls that are seen now were found to be the place's own.</summary>
    internal bool IsStallOfPlace { get; set; }

    /// <summary>True when the place is short of memory, by more than stalls that are not its own, or not yet known to be.</summary>
    internal bool IsShort(in Occasion occasion) => occasion.Verdict.IsShort && (!occasion.IsStall || IsStallOfPlace);

    /// <summary>The place was short a moment ago, or has not had what it is to recover to since, nor been well for a minute.</summary>
    internal bool Lasts { get; private set; }

    /// <summary>Notes how the place is; with that, its episode may begin or end.</summary>
    internal void Note(in Occasion occasion)
    {
        var now = occasion.Reading.Timestamp;
        IsStallOfPlace &= occasion.IsStall;
        if (occasion.Verdict.IsShort)
        {
            _shortAt = now;
            Lasts = true;
        }
        else if (Lasts && (now - _shortAt > s_calm || occasion.Reading.Memory.AvailableBytes >= occasion.Limits.RecoverToBytes))
        {
            End();
            _endedAt = now;
        }
    }

    /// <summary>Why nobody was killed in it, or in one that has just ended; null when there was no reason not to.</summary>
    /// <param name="now">The time, in ticks of <see cref="Stopwatch"/>.</param>
    internal LateReason? ReasonToBeLate(long now) => ReasonToSpare ?? (now - _endedAt < s_lately ? _reason : null);

    /// <summary>Why nobody was killed at the last decision; null when somebody was.</summary>
    internal LateReason? ReasonToSpare { get; set; }

    /// <summary>There is nobody to kill now: the next decision is in a quarter of a second, or when it gets worse.</summary>
    internal void WaitForAChange(in Occasion occasion)
    {
        _waitsUntil = occasion.Reading.Timestamp + s_pause;
        _waitsInEmergency = occasion.Verdict.IsEmergency;
    }

    internal bool IsWaiting(in Occasion occasion) =>
        occasion.Reading.Timestamp < _waitsUntil && occasion.Verdict.IsEmergency == _waitsInEmergency;

    /// <summary>Forgets it.</summary>
    internal void End()
    {
        Lasts = false;
        _reason = ReasonToSpare;
        ReasonToSpare = null;
        _endedAt = 0;
        _waitsUntil = 0;
        HasToldOfNoVictim = false;
        HasToldOfCap = false;
        HasToldOfDryRun = false;
        HasToldOfAttribution = false;
    }
}
