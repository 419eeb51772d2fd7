using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Reporting;

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
