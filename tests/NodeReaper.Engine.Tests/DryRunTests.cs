using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Reporting;
using NodeReaper.Engine.Tests.Killing;
using static NodeReaper.Engine.Tests.Candidates.Made;

namespace NodeReaper.Engine.Tests;

/// <summary>What a dry run tells, and that it touches nobody.</summary>
public sealed class DryRunTests : CycleTest
{
    [Fact]
    public void A_dry_run_kills_nobody_and_says_so_once_an_episode()
    {
        var victim = Start("--mib", "8");
        AddContainer("besteffort/pod1", 400, victim.Id);
        SetAvailable(20);
        var cycle = Make(new ReapPolicy { DryRun = true });
        Run(cycle);
        Run(cycle);
        SetAvailable(30);
        Run(cycle);
        var report = Assert.Single(_reports.Written);
        Assert.Equal((ReportKind.DryRun, "1", false), (report.Kind, report.Uid, report.Outcome.IsKilled));
        Assert.Empty(report.Processes);
        ProcessState.AssertUntouched(victim.Id);

        // Above the threshold, but not yet recovered: the same episode.
        SetAvailable(100);
        Run(cycle);
        SetAvailable(20);
        Run(cycle);
        Assert.Single(_reports.Written);

        SetAvailable(500);
        Run(cycle);
        SetAvailable(20);
        Run(cycle);
        Assert.Equal(2, _reports.Written.Count);
        Assert.Equal(new CycleTotals(0, 0, 2, 0), cycle.Totals);
        ProcessState.AssertUntouched(victim.Id);
    }

    [Fact]
    public void Of_Pods_in_a_dry_namespace_it_is_told_and_nobody_dies_in_their_place()
    {
        var dry = Start("--mib", "2");
        var unknown = Start("--mib", "2");
        var live = Start("--mib", "2");
        AddContainer("besteffort/poddry", 400, dry.Id);
        AddContainer("besteffort/podunknown", 300, unknown.Id);
        AddContainer("besteffort/podlive", 200, live.Id);
        _pods = new PodSnapshot([Pod("dry", "bank", qosClass: QosClass.BestEffort), Pod("live", "shop", qosClass: QosClass.BestEffort)]);
        SetAvailable(60);
        var cycle = Make(new ReapPolicy { DryRunNamespaces = ["bank"], Kill = new KillPolicy { Deadline = TimeSpan.FromMilliseconds(20) } });
        Run(cycle);
        Run(cycle);
        Assert.Equal((ReportKind.DryRun, "dry"), (Assert.Single(_reports.Written).Kind, _reports.Written[0].Uid));

        // Who can only be in such a namespace is told of, too; the plan goes on with the next one.
        _cgroups.SetMemory($"kubepods/besteffort/poddry/{Id}", Mib);
        Thread.Sleep(260);
        Run(cycle);
        Assert.Equal((ReportKind.DryRun, "unknown"), (_reports.Written[^1].Kind, _reports.Written[^1].Uid));
        _cgroups.SetMemory($"kubepods/besteffort/podunknown/{Id}", Mib);
        Thread.Sleep(260);
        Run(cycle);
        Assert.Equal((ReportKind.Killed, "live"), (_reports.Written[^1].Kind, _reports.Written[^1].Uid));
        ProcessState.AssertUntouched(dry.Id);
        ProcessState.AssertUntouched(unknown.Id);
    }
}
