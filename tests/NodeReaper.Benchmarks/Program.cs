using NodeReaper.Benchmarks;
using NodeReaper.Benchmarks.Decision;
using NodeReaper.Benchmarks.Kills;
using NodeReaper.Benchmarks.Races;
using NodeReaper.Engine.Killing;
using NodeReaper.Kernel.Scheduling;

if (BenchmarkOptions.Parse(args) is not { } options)
{
    Console.Error.WriteLine(BenchmarkOptions.Usage);
    return 2;
}

// As the agent's own threads: every contender kills from this one.
_ = KillPathThread.Prefer();
_ = SelfProtection.RaiseOpenFiles(Killer.OpenFiles);
return options.Table switch
{
    "kills" => KillBenchmark.Run(options),
    "decision" => DecisionBenchmark.Run(options),
    _ => RaceBenchmark.Run(options),
};
