using NodeReaper.Benchmarks.Contenders;
using NodeReaper.Benchmarks.Victims;

namespace NodeReaper.Benchmarks.Kills;

/// <summary>The table of kills: every contender on every victim that this machine can have.</summary>
internal static class KillBenchmark
{
    internal static int Run(BenchmarkOptions options, CancellationToken stop)
    {
        var unknown = options.Victims.Where(key => VictimShapes.All.All(shape => shape.Key != key)).ToList();
        if (unknown.Count > 0)
        {
            Console.Error.WriteLine($"no victim {string.Join(", ", unknown)}; there are {string.Join(", ", VictimShapes.All.Select(shape => shape.Key))}");
            return 2;
        }

        using var places = new CgroupPlaces();
        using var agentKiller = new AgentKiller(AgentKiller.Reapers);
        using var withOneThread = new AgentKiller(reapers: 2);
        using var holdUntilPinned = new HoldUntilPinned();
        var frozen = options.FreezableMount is { } mount ? new FreezableFileSystem(mount) : null;
        using var round = new KillRound(options.Program, places, frozen);
        var table = new KillTable(round, ContenderList.All(agentKiller, withOneThread, holdUntilPinned));
        Console.WriteLine($"Memory observed in {(places.HasV2Memory ? "memory.current (cgroup v2)" : "memory.usage_in_bytes (cgroup v1)")}; {options.Rounds} rounds, fewer for the victims that take long, but at least {KillTable.LeastRounds}.");
        Console.WriteLine();
        KillTable.PrintHead();
        var missing = new List<string>();
        foreach (var shape in VictimShapes.All.Where(shape => options.Victims.Count == 0 || options.Victims.Contains(shape.Key)))
        {
            if (Lack(shape, places, frozen) is { } lack)
            {
                missing.Add($"{shape.Name}: {lack}");
                continue;
            }

            using var busy = new BusyNode(options.Program, places, shape.IsNodeBusy ? Environment.ProcessorCount : 0);
            table.Run(shape, busy.Group, options.Rounds, stop);
        }

        missing.ForEach(reason => Console.WriteLine($"\nNot here: {reason}."));
        return 0;
    }

    // Why this machine cannot have such a victim; null when it can.
    private static string? Lack(VictimShape shape, CgroupPlaces places, FreezableFileSystem? frozen) => shape switch
    {
        { CpuPercent: > 0 } when !places.HasV2Cpu && places.V1Cpu is null => "no cpu controller",
        { IsFrozen: true } when frozen is null => "no file system to freeze",
        { SwappedOutMib: > 0 } when !places.HasV2Memory || File.ReadLines("/proc/swaps").Count() < 2 => "no swap",
        _ => null,
    };
}
