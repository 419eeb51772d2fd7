using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Pressure;
using NodeReaper.Engine.Reporting;
using NodeReaper.Engine.Stages;
using NodeReaper.Kernel.Procfs;
using NodeReaper.Kernel.Tests;
using static NodeReaper.Engine.Tests.Candidates.Made;

namespace NodeReaper.Engine.Tests;

/// <summary>
/// What is done before anybody is killed, on a node that is short below 96 MiB. Throttling and reclaiming need real cgroups: the scenario
/// "stages" is about them.
/// </summary>
public sealed class StageTests : CycleTest
{
    private static readonly MemoryAmount s_mark = MemoryAmount.OfBytes(300 * Mib);
    private static readonly TimeSpan s_grace = TimeSpan.FromMilliseconds(600);

    [Fact]
    public void Without_stages_nothing_happens_above_the_threshold()
    {
        var victim = Start("--mib", "2");
        AddContainer("besteffort/podhog", 300, victim.Id);
        SetAvailable(97);
        Run(Make(new ReapPolicy()));
        Assert.Empty(_reports.Written);
        Assert.False(victim.Pidfd.HasExited());
    }

    [Fact]
    public void Observing_tells_once_who_would_be_first_and_again_when_it_was_over()
    {
        AddContainer("besteffort/podsmall", 30, Start("--mib", "2").Id);
        AddContainer("besteffort/podhog", 300, Start("--mib", "2").Id);
        SetAvailable(500);
        var cycle = Make(new ReapPolicy { Stages = new StagePolicy { Observe = s_mark } });
        foreach (var available in new[] { 301, 299, 250, 310, 299, 396, 299 })
        {
            SetAvailable(available);
            Run(cycle);
            Thread.Sleep(550);
        }

        Assert.Equal([ReportKind.Observed, ReportKind.Observed], _reports.Written.Select(report => report.Kind));
        Assert.Equal(["hog", "small"], _reports.Written[0].Ranked);
        Assert.Equal(("observe", 97 * Mib), (_reports.Written[0].Signal, _reports.Written[0].DeficitBytes));
    }

    [Fact]
    public void The_first_of_the_ranking_is_asked_to_end_and_does()
    {
        var hog = Start("--mib", "2");
        var other = Start("--mib", "2");
        AddContainer("besteffort/podhog", 300, hog.Id);
        AddContainer("besteffort/podother", 30, other.Id);
        SetAvailable(250);
        var cycle = Make(Terminating());
        Run(cycle);
        Eventually.True(() => hog.Pidfd.HasExited(), "it ended");
        Assert.Equal((ReportKind.Terminated, "hog", "terminate"), Told());
        Assert.False(other.Pidfd.HasExited());
        Assert.Equal(0, cycle.Totals.Kills);
    }

    [Fact]
    public void Who_does_not_end_in_its_grace_period_is_killed()
    {
        var hog = Start("--mib", "2", "--ignore-term");
        AddContainer("besteffort/podhog", 300, hog.Id);
        SetAvailable(250);
        var cycle = Make(Terminating());
        Run(cycle);
        Run(cycle);
        Assert.False(hog.Pidfd.HasExited());
        Thread.Sleep(700);
        Run(cycle);
        Assert.Equal([ReportKind.Terminated, ReportKind.Killed], _reports.Written.Select(report => report.Kind));
        Assert.Equal("terminate", _reports.Written[1].Signal);
        Assert.True(hog.Pidfd.HasExited());
    }

    [Fact]
    public void Who_does_not_end_is_left_alone_when_the_pressure_is_gone()
    {
        var hog = Start("--mib", "2", "--ignore-term");
        AddContainer("besteffort/podhog", 300, hog.Id);
        SetAvailable(250);
        var cycle = Make(Terminating());
        Run(cycle);
        SetAvailable(320);
        Thread.Sleep(700);
        Run(cycle);
        Assert.Equal(ReportKind.Terminated, Assert.Single(_reports.Written).Kind);
        Assert.False(hog.Pidfd.HasExited());
    }

    [Fact]
    public void Who_was_asked_is_killed_at_once_when_it_gets_worse()
    {
        var hog = Start("--mib", "2", "--ignore-term");
        AddContainer("besteffort/podhog", 300, hog.Id);
        SetAvailable(250);
        var cycle = Make(Terminating(TimeSpan.FromMinutes(1)));
        Run(cycle);
        SetAvailable(20);
        Run(cycle);
        Assert.Equal(ReportKind.Killed, _reports.Written[^1].Kind);
        Assert.True(hog.Pidfd.HasExited());
    }

    [Fact]
    public void Nobody_protected_is_asked()
    {
        var guarded = Start("--mib", "2");
        AddContainer("besteffort/podguarded", 300, guarded.Id);
        _pods = new PodSnapshot([Pod("guarded", "kube-system", containers: Container(Id))]);
        SetAvailable(250);
        Run(Make(Terminating()));
        Assert.Empty(_reports.Written);
        Assert.False(guarded.Pidfd.HasExited());
    }

    [Fact]
    public void A_dry_run_asks_nobody()
    {
        var hog = Start("--mib", "2");
        AddContainer("besteffort/podhog", 300, hog.Id);
        SetAvailable(250);
        Run(Make(Terminating() with { DryRun = true }));
        Assert.Empty(_reports.Written);
        Assert.False(hog.Pidfd.HasExited());
    }

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
        _node!.Slices.Update(_cgroups.Root, _tree!.Slices, new PressurePolicy(), (_, _) => { }, _ => { });
        Run(cycle);
        Assert.Equal((ReportKind.Killed, "hog"), (_reports.Written[^1].Kind, _reports.Written[^1].Uid));
        Assert.False(asked.Pidfd.HasExited());
    }

    [Fact]
    public void Who_has_ignored_that_for_a_minute_is_no_longer_the_first()
    {
        var asked = Start("--mib", "2", "--ignore-term");
        AddContainer("besteffort/podasked", 300, asked.Id);
        SetAvailable(250);
        var cycle = Make(Terminating(TimeSpan.FromSeconds(5)));
        Run(cycle);
        Assert.Equal((ReportKind.Terminated, "asked", "terminate"), Told());
        var container = _tree!.Containers.ToArray().Single(each => each.GraceEnds > 0);

        // Not below the mark, but not so far above it that the stage is undone.
        SetAvailable(310);
        var now = System.Diagnostics.Stopwatch.GetTimestamp();
        container.GraceEnds = now - (59 * System.Diagnostics.Stopwatch.Frequency);
        Run(cycle);
        Assert.NotEqual(0, container.GraceEnds);
        container.GraceEnds = now - (60 * System.Diagnostics.Stopwatch.Frequency);
        Run(cycle);
        Assert.Equal(0, container.GraceEnds);
        Assert.False(asked.Pidfd.HasExited());
    }

    [Fact]
    public void Who_was_asked_in_an_earlier_shortage_is_asked_anew()
    {
        var hog = Start("--mib", "2", "--ignore-term");
        AddContainer("besteffort/podhog", 300, hog.Id);
        SetAvailable(250);
        var cycle = Make(Terminating());
        Run(cycle);
        SetAvailable(900);
        Thread.Sleep(700);
        Run(cycle);
        SetAvailable(250);
        for (var i = 0; i < 6 && _reports.Written.Count < 2; i++)
        {
            // Until it no longer looks as if memory were falling.
            Thread.Sleep(600);
            Run(cycle);
        }

        Assert.Equal([ReportKind.Terminated, ReportKind.Terminated], _reports.Written.Select(report => report.Kind));
        Assert.False(hog.Pidfd.HasExited());
    }

    [Fact]
    public void Page_cache_in_a_slice_is_no_pressure_at_any_stage()
    {
        AddContainer("besteffort/poda", 100, Start("--mib", "2").Id);
        _cgroups.Write("kubepods", "memory.max", $"{700 * Mib}\n");
        _cgroups.Write("kubepods", "memory.current", $"{300 * Mib}\n");
        _cgroups.Write(
            "kubepods",
            "memory.stat",
            $"anon {100 * Mib}\nfile {200 * Mib}\nkernel 0\nkernel_stack 0\npagetables 0\npercpu 0\nshmem 0\ninactive_anon 0\nactive_anon 0\n"
            + $"inactive_file {150 * Mib}\nactive_file {50 * Mib}\nunevictable 0\nanon_thp 0\n");
        SetAvailable(900);
        var cycle = Make(new ReapPolicy { Stages = new StagePolicy { Observe = MemoryAmount.OfBytes(500 * Mib) } });
        _node!.Slices.Update(_cgroups.Root, _tree!.Slices, new PressurePolicy(), (_, _) => { }, _ => { });
        Run(cycle);
        var slice = _node.Slices.All[0]!;
        Assert.Equal((true, 600 * Mib), (slice.IsLimited, slice.Last.Memory.AvailableBytes));
        Assert.Empty(_reports.Written);
    }

    [Fact]
    public void Looking_whether_a_stage_is_due_allocates_nothing()
    {
        AddContainer("besteffort/poda", 100, Start("--mib", "2").Id);
        SetAvailable(900);
        var half = MemoryAmount.OfBytes(500 * Mib);
        var cycle = Make(new ReapPolicy { Stages = new StagePolicy { Observe = half, Reclaim = half, Throttle = half, Terminate = half } });
        Run(cycle);
        Thread.Sleep(600);
        Assert.True(_node!.Read(new PressurePolicy()));
        var before = GC.GetAllocatedBytesForCurrentThread();
        cycle.Run();
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Empty(_reports.Written);
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

    [Fact]
    public void Only_the_main_process_gets_the_SIGTERM()
    {
        // The children have their parent in the container.
        var hog = Start("--mib", "2", "--procs", "3", "--ignore-term");
        Eventually.True(() => ChildrenOf(hog.Id).Length == 3, "its children are there");
        var children = ChildrenOf(hog.Id);
        AddContainer("besteffort/podhog", 300, [hog.Id, .. children]);
        SetAvailable(250);
        Run(Make(Terminating()));
        Assert.Equal((ReportKind.Terminated, "hog", "terminate"), Told());
        Assert.All(children, child => Assert.DoesNotContain("SigPnd:\t0000000000004000", File.ReadAllText($"/proc/{child}/status"), StringComparison.Ordinal));
        Assert.False(hog.Pidfd.HasExited());
    }

    // The first of the ranking is the only one who asks for a grace period.
    private void AskOne() => _pods = new PodSnapshot([
        Pod("asked", containers: Container(killPriority: new KillPriority(10, false))) with { GracePeriod = TimeSpan.FromSeconds(20) },
        Pod("next", containers: Container())]);

    private static int[] ChildrenOf(int processId) =>
        [.. File.ReadAllText($"/proc/{processId}/task/{processId}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)];

    private static ReapPolicy Terminating(TimeSpan? grace = null) =>
        new() { Stages = new StagePolicy { Terminate = s_mark, Grace = grace ?? s_grace } };

    private (ReportKind, string, string?) Told()
    {
        var report = Assert.Single(_reports.Written);
        return (report.Kind, report.Uid, report.Signal);
    }
}
