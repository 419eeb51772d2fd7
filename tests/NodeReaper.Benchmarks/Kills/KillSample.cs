using NodeReaper.Benchmarks.Contenders;

namespace NodeReaper.Benchmarks.Kills;

/// <summary>One kill.</summary>
/// <param name="SignalMilliseconds">From the decision to the first signal sent.</param>
/// <param name="FreedMilliseconds">From the decision to the memory back; infinite: not by the deadline.</param>
/// <param name="DeadMilliseconds">From the decision to the last process dead; infinite: not by the deadline.</param>
/// <param name="Releases">The releases.</param>
internal readonly record struct KillSample(double SignalMilliseconds, double FreedMilliseconds, double DeadMilliseconds, ReleaseTally Releases);
