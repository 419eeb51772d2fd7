using System.Runtime.InteropServices;
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

// Whoever interrupts it shall not find victims and cgroups left over.
using var stop = new CancellationTokenSource();
using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
try
{
    return options.Table switch
    {
        "kills" => KillBenchmark.Run(options, stop.Token),
        "decision" => DecisionBenchmark.Run(options, stop.Token),
        _ => RaceBenchmark.Run(options, stop.Token),
    };
}
catch (OperationCanceledException)
{
    return 130;
}

void Stop(PosixSignalContext context)
{
    context.Cancel = true;
    stop.Cancel();
}
