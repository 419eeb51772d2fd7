using System.Globalization;
using NodeReaper.Benchmarks.Contenders;
using NodeReaper.Benchmarks.Victims;

namespace NodeReaper.Benchmarks.Kills;

/// <summary>
/// Every contender on every victim, side by side: each round runs every contender once, and the order turns by one each
/// round, so that no one is always the first after a pause. Prints a Markdown table.
/// </summary>
internal sealed class KillTable(KillRound round, IReadOnlyList<IContender> contenders)
{
    /// <summary>How often each contender kills, whatever is asked for.</summary>
    internal const int LeastRounds = 3;

    internal static void PrintHead()
    {
        Console.WriteLine("| victim | contender | freed | ESRCH | decision to freed: median (ms) | p99 | ratio | decision to dead: median (ms) | decision to signal: median (ms) | p99 |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|---|---|");
    }

    /// <summary>Kills victims of one shape and prints the rows.</summary>
    /// <param name="shape">The shape.</param>
    /// <param name="others">The cgroup of whatever else runs on the node.</param>
    /// <param name="rounds">How often each contender kills; fewer for shapes that take long.</param>
    /// <param name="stop">Ends it between two kills.</param>
    internal void Run(VictimShape shape, VictimGroup others, int rounds, CancellationToken stop)
    {
        var samples = contenders.Select(_ => new List<KillSample>()).ToArray();
        for (var i = 0; i < Math.Max(LeastRounds, rounds / shape.RoundsDivisor); i++)
        {
            for (var turn = 0; turn < contenders.Count; turn++)
            {
                stop.ThrowIfCancellationRequested();
                var position = (i + turn) % contenders.Count;
                samples[position].Add(round.Run(shape, contenders[position], others));
            }
        }

        var first = Quantile.Median(samples[0].Select(sample => sample.FreedMilliseconds));
        for (var i = 0; i < contenders.Count; i++)
        {
            Print(shape, contenders[i], samples[i], first);
        }
    }

    private static void Print(VictimShape shape, IContender contender, List<KillSample> samples, double first)
    {
        var freed = samples.Select(sample => sample.FreedMilliseconds).ToList();
        var median = Quantile.Median(freed);
        var releases = samples.Aggregate(default(ReleaseTally), (sum, sample) => sum + sample.Releases);
        string[] cells =
        [
            shape.Name,
            contender.Name,
            $"{freed.Count(double.IsFinite)} of {freed.Count}",
            releases.Processes == 0 ? "-" : $"{releases.TooLate} of {releases.Processes}",
            Shown(median),
            Shown(Quantile.P99(freed)),
            double.IsFinite(median) && double.IsFinite(first) ? Shown(median / first) : "-",
            Shown(Quantile.Median(samples.Select(sample => sample.DeadMilliseconds))),
            Shown(Quantile.Median(samples.Select(sample => sample.SignalMilliseconds))),
            Shown(Quantile.P99(samples.Select(sample => sample.SignalMilliseconds))),
        ];
        Console.WriteLine($"| {string.Join(" | ", cells)} |");
    }

    private static string Shown(double value) =>
        double.IsFinite(value) ? value.ToString(Math.Abs(value) < 0.1 ? "0.000" : "0.00", CultureInfo.InvariantCulture) : "never";
}
