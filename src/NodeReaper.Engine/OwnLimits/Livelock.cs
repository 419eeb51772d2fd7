namespace NodeReaper.Engine.OwnLimits;

/// <summary>A container that stands still at its own limit: it is reclaimed from without end, and does nothing else.</summary>
/// <param name="LimitBytes">memory.max or memory.high, whichever is lower, in bytes.</param>
/// <param name="StalledPercent">The share of the last seconds in which all its tasks waited for memory, in percent.</param>
/// <param name="Time">For how long that has been so.</param>
/// <param name="LimitHits">How often it met a limit in the last seconds.</param>
/// <param name="IsPodLimit">True when it is its Pod's limit that was met, and not the container's.</param>
public readonly record struct Livelock(long LimitBytes, int StalledPercent, TimeSpan Time, long LimitHits, bool IsPodLimit = false);
