using System.Globalization;
using NodeReaper.Benchmarks;
using NodeReaper.Engine.Killing;
using NodeReaper.Kernel.Processes;

// The kill strategies on the same victims, side by side: each round runs every strategy once, and the order turns by one
// each round, so that no strategy is always the first after a pause. Prints a Markdown table of medians and ratios.
if (args.Length != 3 || !int.TryParse(args[2], CultureInfo.InvariantCulture, out var rounds) || rounds < 1)
{
    Console.Error.WriteLine("usage: kill-benchmark VICTIM CGROUP_ROOT ROUNDS");
    return 2;
}

KillStrategy[] strategies = [KillStrategy.Signal, KillStrategy.Release, KillStrategy.Hold];
_ = KillPathThread.Prefer();
using var run = new VictimRun(args[0], args[1]);
Console.WriteLine(
    $"Memory proven back by {(run.HasMemoryController ? "the cgroup (memory.stat)" : "the end of the processes: no cgroup v2 memory controller here")}; "
    + $"{rounds} rounds, a tenth of that on busy CPUs; medians.");
Console.WriteLine();
Console.WriteLine("| victim | strategy | ESRCH | signal to freed (ms) | worst | x signal | signal to dead (ms) |");
Console.WriteLine("|---|---|---|---|---|---|---|");
foreach (var shape in VictimShape.All)
{
    var hogs = Enumerable.Range(0, shape.CpuHogs).Select(_ => ChildProcess.Start(args[0], "--spin")).ToList();
    try
    {
        var samples = strategies.ToDictionary(strategy => strategy, _ => new List<Sample>());
        for (var round = 0; round < Math.Max(3, rounds / shape.RoundsDivisor); round++)
        {
            for (var turn = 0; turn < strategies.Length; turn++)
            {
                var strategy = strategies[(round + turn) % strategies.Length];
                samples[strategy].Add(run.Kill(shape, strategy));
            }
        }

        Print(shape, samples);
    }
    finally
    {
        hogs.ForEach(hog => hog.Dispose());
    }
}

return 0;

static void Print(VictimShape shape, Dictionary<KillStrategy, List<Sample>> samples)
{
    var signal = Median(samples[KillStrategy.Signal].Select(sample => sample.FreedMicroseconds));
    foreach (var (strategy, taken) in samples)
    {
        var freed = Median(taken.Select(sample => sample.FreedMicroseconds));
        var worst = taken.Max(sample => sample.FreedMicroseconds ?? double.PositiveInfinity);
        var dead = Median(taken.Select(sample => sample.DeadMicroseconds));
        var releases = strategy == KillStrategy.Signal ? "-" : $"{taken.Sum(sample => sample.Esrch)} of {taken.Sum(sample => sample.Processes)}";
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {shape.Name} | {strategy.ToString().ToLowerInvariant()} | {releases} | {freed / 1000:0.00} | {worst / 1000:0.00} | {freed / signal:0.00} | {dead / 1000:0.00} |"));
    }
}

// A kill that did not come to its end by the deadline counts as infinitely long.
static double Median(IEnumerable<double?> values)
{
    var sorted = values.Select(value => value ?? double.PositiveInfinity).Order().ToList();
    return (sorted[(sorted.Count - 1) / 2] + sorted[sorted.Count / 2]) / 2;
}
