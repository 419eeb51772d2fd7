namespace NodeReaper.Benchmarks.Decision;

/// <summary>One decision.</summary>
/// <param name="DecidedMilliseconds">From the reading of the pressure to the victim chosen.</param>
/// <param name="SignalledMilliseconds">From the reading of the pressure to the SIGKILL sent.</param>
internal readonly record struct DecisionSample(double DecidedMilliseconds, double SignalledMilliseconds);
