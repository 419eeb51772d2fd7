using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Pressure;
using NodeReaper.Engine.Reporting;
using NodeReaper.Engine.Stages;
using NodeReaper.Engine.Tests.Killing;
using NodeReaper.Kernel.Procfs;
using NodeReaper.Kernel.Tests;
using static NodeReaper.Engine.Tests.Candidates.Made;

namespace NodeReaper.Engine.Tests;

/// <summary>The grace period that a Pod asks for, or has in its specification, on a node that is short below 96 MiB.</summary>
public sealed class GracePeriodTests : CycleTest
{
    private static readonly TimeSpan s_grace = TimeSpan.FromMilliseconds(600);

    [Fact]
    public void A_Pod_that_asks_for_a_grace_period_gets_it_while_there_is_time()
    {
        var hog = Start("--mib", "2", "--ignore-term");
        AddContainer("besteffort/podhog", 300, hog.Id);
        _pods = new PodSnapshot([Pod("hog", containers: Container(Id)) with { GracePeriod = TimeSpan.FromSeconds(20) }]);
        SetAvailable(90);
        var cycle = Make(new ReapPolicy());
        Run(cycle);
        Run(cycle);
        Assert.Equal((ReportKind.Terminated, "hog", "available"), Told());
        Assert.False(hog.Pidfd.HasExited());

        // Below half of the threshold there is none.
        SetAvailable(47);
        Run(cycle);
        Assert.Equal(ReportKind.Killed, _reports.Written[^1].Kind);
        Assert.True(hog.Pidfd.HasExited());
    }

    [Fact]
    public void When_the_shortage_grows_who_was_told_to_end_dies_and_not_another_in_its_place()
    {
        var asked = Start("--mib", "2", "--ignore-term");
        var next = Start("--mib", "2");
        AddContainer("besteffort/podasked", 60, asked.Id);
        AddContainer("besteffort/podnext", 300, next.Id);
        AskOne();
        SetAvailable(95);
        var cycle = Make(new ReapPolicy { Kill = new KillPolicy { Deadline = TimeSpan.FromMilliseconds(20) } });
        Run(cycle);
        Thread.Sleep(300);

        // Without it, the other would give back enough.
        SetAvailable(60);
        Run(cycle);
        Assert.Equal([(ReportKind.Terminated, "asked"), (ReportKind.Killed, "asked")], _reports.Written.Select(report => (report.Kind, report.Uid)));
        Assert.True(asked.Pidfd.HasExited());
        Assert.False(next.Pidfd.HasExited());
    }

    [Fact]
    public void In_an_emergency_too_who_was_told_to_end_dies_first()
    {
        var asked = Start("--mib", "2", "--ignore-term");
        var next = Start("--mib", "2");
        AddContainer("besteffort/podasked", 100, asked.Id);
        AddContainer("besteffort/podnext", 300, next.Id);
        AskOne();
        SetAvailable(95);
        var cycle = Make(new ReapPolicy { Kill = new KillPolicy { Deadline = TimeSpan.FromMilliseconds(20) } });
        Run(cycle);
        SetAvailable(20);
        var aftermath = SideThread.Start(() =>
        {
            Assert.True(asked.Pidfd.WaitForExit(Eventually.TimeoutMilliseconds));
            SetAvailable(500);
        });
        Run(cycle);
        aftermath.Join();
        Assert.Equal([(ReportKind.Terminated, "asked"), (ReportKind.Killed, "asked")], _reports.Written.Select(report => (report.Kind, report.Uid)));
        Assert.False(next.Pidfd.HasExited());
    }

    [Fact]
    public void Who_was_told_to_end_and_gives_nothing_back_is_left_alone_when_another_dies()
    {
        var asked = Start("--mib", "2", "--ignore-term");
        var next = Start("--mib", "2");
        var path = AddContainer("besteffort/podasked", 100, asked.Id);
        AddContainer("besteffort/podnext", 300, next.Id);
        AskOne();
        SetAvailable(95);
        var cycle = Make(new ReapPolicy { Kill = new KillPolicy { Deadline = TimeSpan.FromMilliseconds(20) } });
        Run(cycle);
        _cgroups.SetMemory(path, 1 << 20);
        Thread.Sleep(300);
        SetAvailable(60);
        Run(cycle);
        Assert.Equal([(ReportKind.Terminated, "asked"), (ReportKind.Killed, "next")], _reports.Written.Select(report => (report.Kind, report.Uid)));
        Assert.False(asked.Pidfd.HasExited());
    }

    [Fact]
    public void Nobody_is_given_time_while_one_behind_it_would_have_to_die()
    {
        var asking = Start("--mib", "2", "--ignore-term");
        var next = Start("--mib", "2");
        AddContainer("besteffort/podasked", 40, asking.Id);
        AddContainer("besteffort/podnext", 60, next.Id);
        AskOne();
        SetAvailable(95);
        Run(Make(new ReapPolicy { Kill = new KillPolicy { Deadline = TimeSpan.FromMilliseconds(20) } }));
        Assert.Equal((ReportKind.Killed, "asked", "available"), Told());
        Assert.False(next.Pidfd.HasExited());
    }

    // 112 MiB are missing: both are planned, and the death of the first leaves 150.
    [Fact]
    public void Nobody_is_asked_while_the_death_of_one_in_front_of_it_is_enough()
    {
        var (first, asking) = (Start("--mib", "2"), Start("--mib", "2"));
        AddContainer("besteffort/podfirst", 70, first.Id);
        AddContainer("besteffort/podasking", 60, asking.Id);
        _pods = new PodSnapshot([Pod("first", containers: Container()), Pod("asking", containers: Container()) with { GracePeriod = TimeSpan.FromSeconds(20) }]);
        SetAvailable(80);
        var cycle = Make(new ReapPolicy { Kill = new KillPolicy { Deadline = TimeSpan.FromMilliseconds(20) } });
        Run(cycle);
        Assert.Equal((ReportKind.Killed, "first", "available"), Told());
        ProcessState.AssertUntouched(asking.Id);
    }

    [Fact]
    public void Nobody_is_asked_in_place_of_one_that_a_dry_run_tells_of()
    {
        var asking = Start("--mib", "2");
        AddContainer("besteffort/poddry", 70, Start("--mib", "2").Id);
        AddContainer("besteffort/podasking", 60, asking.Id);
        _pods = new PodSnapshot([Pod("dry", "bank", containers: Container()), Pod("asking", "shop", containers: Container()) with { GracePeriod = TimeSpan.FromSeconds(20) }]);
        SetAvailable(80);
        Run(Make(new ReapPolicy { DryRunNamespaces = ["bank"] }));
        Assert.Equal((ReportKind.DryRun, "dry", "available"), Told());
        ProcessState.AssertUntouched(asking.Id);
    }

    [Fact]
    public void One_that_has_ended_is_not_waited_for()
    {
        var next = Start("--mib", "2");
        var path = AddContainer("besteffort/podasked", 300, Start("--mib", "2", "--ignore-term").Id);
        AddContainer("besteffort/podnext", 300, next.Id);
        AskOne();
        SetAvailable(90);
        var cycle = Make(new ReapPolicy { Kill = new KillPolicy { Deadline = TimeSpan.FromMilliseconds(20) } });
        Run(cycle);
        Assert.Equal((ReportKind.Terminated, "asked", "available"), Told());

        // What it gave back was taken by others.
        _cgroups.Remove(path);
        SetAvailable(85);
        Thread.Sleep(600);
        Run(cycle);
        Run(cycle);
        Assert.Equal((ReportKind.Killed, "next"), (_reports.Written[^1].Kind, _reports.Written[^1].Uid));
    }

    [Theory]
    [InlineData(null, 5_000, 600)]
    [InlineData(null, 300, 300)]
    [InlineData(0.3, 5_000, 300)]
    [InlineData(0.3, 100, 100)]
    [InlineData(60.0, 5_000, 5_000)]
    [InlineData(60.0, 0, 600)]
    public void A_Pods_own_grace_period_counts_where_it_asks_for_none(double? ownSeconds, int maxMilliseconds, int expectedMilliseconds)
    {
        var policy = new StagePolicy { Grace = s_grace, MaxGrace = TimeSpan.FromMilliseconds(maxMilliseconds) };
        var own = ownSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : default(TimeSpan?);
        var candidate = Candidate() with { Pod = Pod() with { TerminationGracePeriod = own } };
        Assert.Equal(expectedMilliseconds, Grace.AtTerminate(candidate, policy).TotalMilliseconds);

        // What it asks for comes first.
        candidate.Pod = candidate.Pod! with { GracePeriod = TimeSpan.FromMilliseconds(200) };
        Assert.Equal(maxMilliseconds == 0 ? 600 : Math.Min(200, maxMilliseconds), Grace.AtTerminate(candidate, policy).TotalMilliseconds);
    }

    [Fact]
    public void Where_there_is_no_time_for_a_Pods_own_grace_period_it_gets_the_policys()
    {
        var policy = new StagePolicy { Grace = TimeSpan.FromSeconds(10), MaxGrace = TimeSpan.FromMinutes(1) };
        var occasion = new Occasion(
            new PressureReading(0, new MemInfo(Gib, 200 * Mib, 200 * Mib, 0, 0), 10 * Mib, false, TimeSpan.Zero), default, default);
        var candidate = Candidate() with { Pod = Pod() with { TerminationGracePeriod = TimeSpan.FromSeconds(30) } };
        Assert.Equal(TimeSpan.FromSeconds(10), Grace.ThatFits(occasion, candidate, policy));

        // Who asks gets what it asks for, or nothing.
        candidate.Pod = candidate.Pod! with { GracePeriod = TimeSpan.FromSeconds(30) };
        Assert.Null(Grace.ThatFits(occasion, candidate, policy));
    }

    // The kernel would kill in the slice, while the node waits for somebody outside of it.
    [Fact]
    public void While_the_node_waits_for_one_who_was_asked_a_slice_that_is_short_does_not()
    {
        var (asked, hog) = (Start("--mib", "2", "--ignore-term"), Start("--mib", "2"));
        AddContainer("podasked", 200, asked.Id);
        AddContainer("besteffort/podhog", 400, hog.Id);
        _cgroups.SetMemory("kubepods/besteffort", 590 * Mib);
        _cgroups.Write("kubepods/besteffort", "memory.max", $"{600 * Mib}\n");
        AskOne();
        SetAvailable(95);
        var cycle = Make(new ReapPolicy { Kill = new KillPolicy { Deadline = TimeSpan.FromMilliseconds(20) } });
        Run(cycle);
        Assert.Equal((ReportKind.Terminated, "asked"), (_reports.Written[^1].Kind, _reports.Written[^1].Uid));
        UpdateSlices();
        Run(cycle);
        Assert.Equal((ReportKind.Killed, "hog"), (_reports.Written[^1].Kind, _reports.Written[^1].Uid));
        Assert.False(asked.Pidfd.HasExited());
    }

    [Fact]
    public void A_grace_period_is_no_longer_than_the_policy_allows()
    {
        var hog = Start("--mib", "2", "--ignore-term");
        AddContainer("besteffort/podhog", 300, hog.Id);
        _pods = new PodSnapshot([Pod("hog", containers: Container(Id)) with { GracePeriod = TimeSpan.FromMinutes(5) }]);
        SetAvailable(90);
        var cycle = Make(new ReapPolicy { Stages = new StagePolicy { MaxGrace = s_grace } });
        Run(cycle);
        Assert.False(hog.Pidfd.HasExited());
        Thread.Sleep(700);
        Run(cycle);
        Assert.Equal([ReportKind.Terminated, ReportKind.Killed], _reports.Written.Select(report => report.Kind));
    }

    [Fact]
    public void A_wish_that_the_policy_does_not_hear_changes_nothing()
    {
        var hog = Start("--mib", "2");
        AddContainer("besteffort/podhog", 300, hog.Id);
        _pods = new PodSnapshot([Pod("hog", containers: Container(Id)) with { GracePeriod = TimeSpan.FromSeconds(20) }]);
        SetAvailable(90);
        Run(Make(new ReapPolicy { Stages = new StagePolicy { MaxGrace = TimeSpan.Zero } }));
        Assert.Equal(ReportKind.Killed, Assert.Single(_reports.Written).Kind);
    }

    [Fact]
    public void There_is_no_time_for_a_grace_period_when_memory_shrinks_too_fast()
    {
        var hog = Start("--mib", "2");
        AddContainer("besteffort/podhog", 300, hog.Id);
        _pods = new PodSnapshot([Pod("hog", containers: Container(Id)) with { GracePeriod = TimeSpan.FromSeconds(20) }]);
        SetAvailable(400);
        var cycle = Make(new ReapPolicy());
        Run(cycle);
        Thread.Sleep(120);
        SetAvailable(90);
        Run(cycle);
        Assert.Equal(ReportKind.Killed, Assert.Single(_reports.Written).Kind);
        Assert.True(hog.Pidfd.HasExited());
    }

    // The first of the ranking is the only one who asks for a grace period.
    private void AskOne() => _pods = new PodSnapshot([
        Pod("asked", containers: Container(killPriority: new KillPriority(10, false))) with { GracePeriod = TimeSpan.FromSeconds(20) },
        Pod("next", containers: Container())]);
}
