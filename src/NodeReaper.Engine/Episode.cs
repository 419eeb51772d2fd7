using System.Diagnostics;
using NodeReaper.Engine.Reporting;

namespace NodeReaper.Engine;

/// <summary>What is known of the shortage that goes on, so that nothing is told twice and no decision is made anew before something has changed.</summary>
internal sealed class Episode
{
    // What kept a victim from being looked at may pass: no descriptors, no memory.
    private static readonly long s_pause = Stopwatch.Frequency / 4;
    private long _waitsUntil;
    private bool _waitsInEmergency;

    internal bool HasToldOfNoVictim { get; set; }

    internal bool HasToldOfCap { get; set; }

    internal bool HasToldOfDryRun { get; set; }

    /// <summary>There is nobody to kill now: the next decision is in a quarter of a second, or when it gets worse.</summary>
    internal void WaitForAChange(in Occasion occasion)
    {
        _waitsUntil = occasion.Reading.Timestamp + s_pause;
        _waitsInEmergency = occasion.Verdict.IsEmergency;
    }

    internal bool IsWaiting(in Occasion occasion) =>
        occasion.Reading.Timestamp < _waitsUntil && occasion.Verdict.IsEmergency == _waitsInEmergency;

    internal void End()
    {
        _waitsUntil = 0;
        HasToldOfNoVictim = false;
        HasToldOfCap = false;
        HasToldOfDryRun = false;
    }
}
