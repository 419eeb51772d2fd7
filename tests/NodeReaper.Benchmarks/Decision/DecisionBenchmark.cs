using System.Globalization;
using NodeReaper.Benchmarks.Victims;

namespace NodeReaper.Benchmarks.Decision;

/// <summary>The table of decisions: how long the agent takes from a reading of the pressure to its first SIGKILL.</summary>
internal static class DecisionBenchmark
{
    private const int Containers = 500;
    private const int CrowdMib = 1;

    internal static int Run(BenchmarkOptions options, CancellationToken stop)
    {
        using var place = CgroupPlace.InV2();
        using ContainerTree containers = place.Controllers.Contains("memory")
            ? new CgroupTree(options.Program, place)
            : new RecordedTree(options.Program);
        containers.AddCrowd(Containers, CrowdMib);
        using var run = new DecisionRun(containers);
        var samples = new List<DecisionSample>();
        for (var i = 0; i < options.Rounds; i++)
        {
            stop.ThrowIfCancellationRequested();
            samples.Add(run.Decide(Containers + i));
        }

        Console.WriteLine("| containers | decisions | reading to victim chosen: p50 (ms) | p99 | decision to first SIGKILL: p50 (ms) | p99 | reading to first SIGKILL: p50 (ms) | p99 |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|");
        string[] cells =
        [
            $"{Containers}, {containers.Name}",
            $"{samples.Count}",
            .. Shown(samples.Select(sample => sample.DecidedMilliseconds)),
            .. Shown(samples.Select(sample => sample.SignalledMilliseconds - sample.DecidedMilliseconds)),
            .. Shown(samples.Select(sample => sample.SignalledMilliseconds)),
        ];
        Console.WriteLine($"| {string.Join(" | ", cells)} |");
        return 0;
    }

    private static IEnumerable<string> Shown(IEnumerable<double> values) =>
        new[] { Quantile.Median(values), Quantile.P99(values) }.Select(value => value.ToString("0.00", CultureInfo.InvariantCulture));
}
