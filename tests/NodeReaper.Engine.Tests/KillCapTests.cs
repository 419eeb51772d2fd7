using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Reporting;
using static NodeReaper.Engine.Tests.Candidates.Made;

namespace NodeReaper.Engine.Tests;

/// <summary>The cap on kills within a window.</summary>
public sealed class KillCapTests : CycleTest
{
    [Fact]
    public void The_cap_on_kills_is_kept_and_told_once_but_for_an_emergency()
    {
        var victims = new[] { "one", "two", "three" }.Select(name =>
        {
            var victim = Start("--mib", "2");
            AddContainer($"besteffort/pod{name}", 300, victim.Id);
            return victim;
        }).ToList();
        SetAvailable(60);
        var cycle = Make(new ReapPolicy { Plan = new PlanPolicy { MaxKills = 1, MaxVictims = 1 }, Kill = new KillPolicy { Cooldown = TimeSpan.Zero, Deadline = TimeSpan.FromMilliseconds(50) } });
        for (var i = 0; i < 4; i++)
        {
            Run(cycle);
        }

        Assert.Equal([ReportKind.Killed, ReportKind.Capped], _reports.Written.Select(report => report.Kind));
        Assert.Equal(2, victims.Count(victim => !victim.Pidfd.HasExited()));
        SetAvailable(20);
        Run(cycle);
        Assert.Equal(ReportKind.Killed, _reports.Written[^1].Kind);
        Assert.Equal(1, victims.Count(victim => !victim.Pidfd.HasExited()));
    }

    [Fact]
    public void An_emergency_has_twice_the_cap_and_no_more()
    {
        var victims = Enumerable.Range(0, 4).Select(i =>
        {
            var victim = Start("--mib", "2");
            AddContainer($"besteffort/pod{i}", 300, victim.Id);
            return victim;
        }).ToList();
        SetAvailable(20);
        var cycle = Make(new ReapPolicy { Plan = new PlanPolicy { MaxKills = 1, MaxVictims = 1 }, Kill = new KillPolicy { Cooldown = TimeSpan.Zero, Deadline = TimeSpan.FromMilliseconds(50) } });
        for (var i = 0; i < 4; i++)
        {
            Run(cycle);
        }

        Assert.Equal([ReportKind.Killed, ReportKind.Killed, ReportKind.Capped], _reports.Written.Select(report => report.Kind));
        Assert.Equal(2, victims.Count(victim => !victim.Pidfd.HasExited()));
    }

    [Fact]
    public void To_ask_a_container_to_end_counts_as_much_as_to_kill_it_and_not_twice()
    {
        var victims = Enumerable.Range(0, 3).Select(i =>
        {
            var victim = Start("--mib", "2", "--ignore-term");
            AddContainer($"besteffort/pod{i}", 400, victim.Id);
            return victim;
        }).ToList();
        SetAvailable(200);
        var cycle = Make(new ReapPolicy
        {
            Plan = new PlanPolicy { MaxKills = 1, MaxVictims = 1 },
            Kill = new KillPolicy { Cooldown = TimeSpan.Zero, Deadline = TimeSpan.FromMilliseconds(50) },
            Stages = new StagePolicy { Terminate = MemoryAmount.OfBytes(300 * Mib), Grace = TimeSpan.FromMilliseconds(600) },
        });
        for (var i = 0; i < 4; i++)
        {
            Run(cycle);
            Thread.Sleep(600);
        }

        // Its time is over, and it dies for the same share of the cap; nobody else is asked, and that is told once.
        Assert.Equal([ReportKind.Terminated, ReportKind.Killed, ReportKind.Capped], _reports.Written.Select(report => report.Kind));
        Assert.Equal(2, victims.Count(victim => !victim.Pidfd.HasExited()));
    }

    [Fact]
    public void The_cap_holds_within_a_plan_too()
    {
        var victims = Enumerable.Range(0, 3).Select(i =>
        {
            var victim = Start("--mib", "2");
            AddContainer($"besteffort/pod{i}", 40, victim.Id);
            return victim;
        }).ToList();
        SetAvailable(60);
        Run(Make(new ReapPolicy { Plan = new PlanPolicy { MaxKills = 1 }, Kill = new KillPolicy { Cooldown = TimeSpan.Zero, Deadline = TimeSpan.FromMilliseconds(50) } }));
        Assert.Equal([ReportKind.Killed, ReportKind.Capped], _reports.Written.Select(report => report.Kind));
        Assert.Equal(2, victims.Count(victim => !victim.Pidfd.HasExited()));
    }
}
