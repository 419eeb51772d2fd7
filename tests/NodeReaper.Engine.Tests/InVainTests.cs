using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Reporting;
using NodeReaper.Engine.Tests.Killing;

namespace NodeReaper.Engine.Tests;

/// <summary>The memory is where no death gives it back.</summary>
public sealed class InVainTests : CycleTest
{
    [Fact]
    public void Nobody_dies_when_all_deaths_together_would_not_end_the_shortage_until_it_is_an_emergency()
    {
        var little = Start("--mib", "2");
        AddContainer("besteffort/podlittle", 30, little.Id);
        SetAvailable(60);
        var cycle = Make(new ReapPolicy { Kill = new KillPolicy { Deadline = TimeSpan.FromMilliseconds(20) } });
        Run(cycle);
        Run(cycle);
        var report = Assert.Single(_reports.Written);
        Assert.Equal((ReportKind.NoVictim, 1), (report.Kind, report.RankedTotal));
        ProcessState.AssertUntouched(little.Id);

        // 30 MiB and page tables would be enough for these.
        SetAvailable(70);
        Run(cycle);
        Assert.Single(_reports.Written);

        // Not at once: looking at all containers again and again is for nothing.
        Thread.Sleep(260);
        Run(cycle);
        Assert.Equal((ReportKind.Killed, "little"), (_reports.Written[^1].Kind, _reports.Written[^1].Uid));
    }

    [Fact]
    public void Nobody_is_asked_to_end_in_vain()
    {
        var asking = Start("--mib", "2");
        AddContainer("besteffort/podasking", 30, asking.Id);
        _pods = new([Candidates.Made.Pod("asking", containers: Candidates.Made.Container(Id)) with { GracePeriod = TimeSpan.FromSeconds(20) }]);
        SetAvailable(60);
        var cycle = Make(new ReapPolicy());
        Run(cycle);
        Assert.Equal(ReportKind.NoVictim, Told().Kind);

        // Its end would be enough for these.
        SetAvailable(80);
        Thread.Sleep(260);
        Run(cycle);
        Assert.Equal((ReportKind.Terminated, "asking"), (_reports.Written[^1].Kind, _reports.Written[^1].Uid));
    }

    [Theory]
    [InlineData(10, false)]
    [InlineData(20, true)]
    public void In_an_emergency_it_is_enough_when_all_deaths_together_would_end_that(int mib, bool dies)
    {
        // Half of the threshold is 48 MiB. One after the other would die for nothing, and what is made anew in their place, too.
        var little = Start("--mib", "2");
        AddContainer("besteffort/podlittle", mib, little.Id);
        SetAvailable(34);
        var cycle = Make(new ReapPolicy { Plan = new PlanPolicy { MinFreeableBytes = 1 }, Kill = new KillPolicy { Deadline = TimeSpan.FromMilliseconds(20) } });
        Run(cycle);
        var report = Assert.Single(_reports.Written);
        Assert.Equal((dies ? ReportKind.Killed : ReportKind.NoVictim, true), (report.Kind, report.IsEmergency));
        if (dies)
        {
            Assert.Equal(9, little.WaitAndReap());
        }
        else
        {
            ProcessState.AssertUntouched(little.Id);
        }
    }

    [Fact]
    public void The_report_says_who_holds_the_most_of_those_that_were_spared()
    {
        var processes = new[] { "small", "large", "mine" }.ToDictionary(name => name, _ => Start("--mib", "2"));
        AddContainer("besteffort/podsmall", 100, processes["small"].Id);
        AddContainer("besteffort/podlarge", 500, processes["large"].Id);
        AddContainer("besteffort/podmine", 300, processes["mine"].Id);
        _pods = new([Candidates.Made.Pod("small", "kube-system"), Candidates.Made.Pod("large", "kube-system")]);
        SetAvailable(60);
        Run(Make(new ReapPolicy { DryRun = true }));
        var report = Assert.Single(_reports.Written);
        Assert.Equal(("mine", "large"), (report.Uid, report.Spared));
    }
}
