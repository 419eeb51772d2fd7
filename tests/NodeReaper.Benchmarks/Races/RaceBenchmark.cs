using NodeReaper.Benchmarks.Contenders;
using NodeReaper.Benchmarks.Victims;
using NodeReaper.Engine.Killing;
using NodeReaper.Kernel.Processes;

namespace NodeReaper.Benchmarks.Races;

/// <summary>
/// How often the victim wins the race against process_mrelease: many small victims of alternating sizes, killed as soon as
/// they are ready, in turn by the hold and by the peers' order of calls, at the agent's priority and at theirs.
/// </summary>
internal static class RaceBenchmark
{
    private const int StartTimeoutMilliseconds = 10_000;
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(10);
    private static readonly int[] s_mib = [1, 2, 4, 8, 16];

    internal static int Run(BenchmarkOptions options, CancellationToken stop)
    {
        using var places = new CgroupPlaces();
        using var group = new VictimGroup(places, "race");
        using var agentKiller = new AgentKiller(AgentKiller.Reapers);
        using var peer = new AtNormalPriority(new SignalAndReleaseEach());
        IContender[] contenders = [new Agent(agentKiller, KillStrategy.Hold), new SignalAndReleaseEach(), peer];
        var tallies = new ReleaseTally[contenders.Length];
        for (var i = 0; i < options.Rounds; i++)
        {
            stop.ThrowIfCancellationRequested();
            for (var turn = 0; turn < contenders.Length; turn++)
            {
                tallies[turn] += Kill(options.Program, s_mib[i % s_mib.Length], group, contenders[turn]);
            }
        }

        Console.WriteLine($"| {options.Rounds} victims of {string.Join(", ", s_mib)} MiB in turn | releases | ESRCH |");
        Console.WriteLine("|---|---|---|");
        for (var i = 0; i < contenders.Length; i++)
        {
            Console.WriteLine($"| {contenders[i].Name} | {tallies[i].Processes} | {tallies[i].TooLate} |");
        }

        return 0;
    }

    private static ReleaseTally Kill(string program, int mib, VictimGroup group, IContender contender)
    {
        using var victim = ChildProcess.Start(program, [.. group.JoinOptions, "--small-pages", "--mib", $"{mib}"]);
        return victim.WaitForLine("ready\n"u8, StartTimeoutMilliseconds)
            ? contender.Kill(group.Directory, group.ReadUse(), s_deadline).Releases
            : throw new IOException("the victim did not start");
    }
}
