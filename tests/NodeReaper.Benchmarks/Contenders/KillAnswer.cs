namespace NodeReaper.Benchmarks.Contenders;

/// <summary>What a contender did.</summary>
/// <param name="Releases">Its calls of process_mrelease.</param>
/// <param name="SignalledAt">When its first signal, or cgroup.kill, had been sent, in ticks of <see cref="System.Diagnostics.Stopwatch"/>; 0: none was.</param>
internal readonly record struct KillAnswer(ReleaseTally Releases, long SignalledAt);
