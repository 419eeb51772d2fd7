using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Killing;
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

    [Fact]
    public void The_next_is_told_of_only_when_those_before_it_would_not_have_ended_the_shortage()
    {
        AddThree();
        SetAvailable(60);
        var cycle = Make(new ReapPolicy { DryRun = true });
        Run(cycle);
        Thread.Sleep(260);
        Run(cycle);

        // All three are missing to recover; a live run would kill the first, and see that it suffices.
        Assert.Equal(["first"], ToldOf());
        Assert.Equal(0, cycle.Gauges.DryRunOverAt);

        SetAvailable(20);
        Run(cycle);
        Run(cycle);
        Assert.Equal(["first", "second"], ToldOf());
        Assert.Equal(["second", "third"], _reports.Written[^1].Ranked);

        SetAvailable(500);
        Run(cycle);
        Assert.Equal(_node!.Last.Timestamp, cycle.Gauges.DryRunOverAt);
    }

    [Fact]
    public void When_all_have_been_told_of_and_that_would_not_suffice_it_is_told_that_there_is_no_victim()
    {
        AddContainer("besteffort/podfirst", 30, Start("--mib", "2").Id);
        SetAvailable(20);
        var cycle = Make(new ReapPolicy { DryRun = true });
        Run(cycle);
        Thread.Sleep(260);
        Run(cycle);
        Run(cycle);

        Assert.Equal([ReportKind.DryRun, ReportKind.NoVictim], _reports.Written.Select(report => report.Kind));
    }

    [Fact]
    public void Of_a_Pod_that_would_die_as_one_one_is_told_and_all_of_it_counts()
    {
        AddContainer("besteffort/podwhole", 40, Start("--mib", "2").Id);
        var sibling = "8" + Id[1..];
        _cgroups.Add($"kubepods/besteffort/podwhole/{sibling}", 35 * Mib, 0, Start("--mib", "2").Id);
        _pods = new PodSnapshot([Pod("whole", qosClass: QosClass.BestEffort) with { KillScope = KillScope.Pod }]);
        SetAvailable(30);
        var cycle = Make(new ReapPolicy { DryRun = true });
        Run(cycle);
        Thread.Sleep(260);
        Run(cycle);

        Assert.Equal(["whole"], ToldOf());
    }

    [Fact]
    public void Who_was_told_of_is_killed_when_the_dry_run_ends_within_the_shortage()
    {
        AddThree();
        SetAvailable(60);
        var cycle = Make(new ReapPolicy { DryRun = true });
        Run(cycle);
        Thread.Sleep(260);

        cycle.Adopt(new ReapPolicy { Kill = new KillPolicy { Deadline = TimeSpan.FromMilliseconds(20) } });
        Run(cycle);

        Assert.Equal((ReportKind.Killed, "first"), (_reports.Written[1].Kind, _reports.Written[1].Uid));
    }

    [Fact]
    public void Nobody_is_asked_to_end_in_place_of_one_that_was_told_of()
    {
        var live = Start("--mib", "2");
        AddContainer("besteffort/poddry", 400, Start("--mib", "2").Id);
        AddContainer("besteffort/podlive", 200, live.Id);
        _pods = new PodSnapshot(
        [
            Pod("dry", "bank", qosClass: QosClass.BestEffort),
            Pod("live", "shop", qosClass: QosClass.BestEffort) with { GracePeriod = TimeSpan.FromSeconds(2) },
        ]);
        SetAvailable(60);
        var cycle = Make(new ReapPolicy { DryRunNamespaces = ["bank"] });
        Run(cycle);
        Thread.Sleep(260);
        Run(cycle);
        Run(cycle);

        Assert.Equal((ReportKind.DryRun, "dry"), (Assert.Single(_reports.Written).Kind, _reports.Written[0].Uid));
        ProcessState.AssertUntouched(live.Id);
    }

    private IEnumerable<string> ToldOf() => _reports.Written.Where(report => report.Kind == ReportKind.DryRun).Select(report => report.Uid);

    private void AddThree()
    {
        AddContainer("besteffort/podfirst", 60, Start("--mib", "2").Id);
        AddContainer("besteffort/podsecond", 55, Start("--mib", "2").Id);
        AddContainer("besteffort/podthird", 50, Start("--mib", "2").Id);
    }
}
