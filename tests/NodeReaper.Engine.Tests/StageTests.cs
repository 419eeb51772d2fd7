using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Reporting;
using NodeReaper.Engine.Tests.Killing;
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
    public void Nobody_is_asked_to_end_when_the_ends_of_all_would_not_reach_the_mark()
    {
        var small = Start("--mib", "2");
        AddContainer("besteffort/podsmall", 60, small.Id);
        SetAvailable(150);
        var cycle = Make(Terminating());
        Run(cycle);
        Assert.Empty(_reports.Written);

        // Its end would be enough for these.
        SetAvailable(250);
        Thread.Sleep(600);
        Run(cycle);
        Assert.Equal((ReportKind.Terminated, "small", "terminate"), Told());
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

    // The mark is at 300 MiB, and 96 lie between it and where the stage is over.
    [Fact]
    public void Nobody_else_is_asked_for_the_little_that_went_while_who_was_asked_is_enough()
    {
        var other = Start("--mib", "2");
        AddContainer("besteffort/podasked", 105, Start("--mib", "2", "--ignore-term").Id);
        AddContainer("burstable/podother", 500, other.Id);
        SetAvailable(295);
        var cycle = Make(Terminating(TimeSpan.FromSeconds(5)));
        Run(cycle);
        Assert.Equal((ReportKind.Terminated, "asked", "terminate"), Told());
        Thread.Sleep(600);
        SetAvailable(288);
        Run(cycle);
        Assert.Single(_reports.Written);
        ProcessState.AssertUntouched(other.Id);
    }

    // 20 MiB are left in the slice, and all deaths there would not end that.
    [Fact]
    public void A_slice_that_is_short_and_has_no_victim_keeps_the_node_from_no_stage()
    {
        var hog = Start("--mib", "2");
        AddContainer("besteffort/podsmall", 10, Start("--mib", "2").Id);
        AddContainer("burstable/podhog", 300, hog.Id);
        _cgroups.SetMemory("kubepods/besteffort", 576 * Mib);
        _cgroups.Write("kubepods/besteffort", "memory.max", $"{600 * Mib}\n");
        SetAvailable(250);
        var cycle = Make(Terminating());
        UpdateSlices();
        Run(cycle);
        Assert.Contains(_reports.Written, report => report is { Kind: ReportKind.NoVictim, Signal: "available" });
        Assert.Contains(_reports.Written, report => report is { Kind: ReportKind.Terminated, Uid: "hog" });
    }

    [Theory]
    [InlineData("kube-system", true)]
    [InlineData("shop", false)]
    public void A_throttle_is_lifted_when_its_container_turns_out_to_be_protected(string podNamespace, bool isLifted)
    {
        var path = AddContainer("besteffort/podhog", 300, Start("--mib", "2").Id);
        _cgroups.Write(path, "memory.high", $"{320 * Mib}\n");
        _pods = new PodSnapshot([Pod("hog", podNamespace, containers: Container())]);
        SetAvailable(250);
        var cycle = Make(new ReapPolicy { Stages = new StagePolicy { Throttle = s_mark } });
        _tree!.Refresh();
        var container = Assert.Single(_tree.Containers.ToArray());
        (container.HighBefore, container.ThrottledAt) = (long.MaxValue, 320 * Mib);
        Run(cycle);
        Thread.Sleep(600);
        Run(cycle);
        Assert.Equal(isLifted, _reports.Written.Exists(report => report.Kind == ReportKind.Unthrottled));
        Assert.StartsWith(isLifted ? "max" : $"{320 * Mib}", File.ReadAllText(Path.Combine(_cgroups.Root, path, "memory.high")), StringComparison.Ordinal);
    }

    [Fact]
    public void A_throttle_in_a_slice_stays_while_that_is_short_and_nobody_dies()
    {
        var path = AddContainer("besteffort/podhog", 10, Start("--mib", "2").Id);
        _cgroups.Write(path, "memory.high", $"{20 * Mib}\n");
        _pods = new PodSnapshot([Pod("hog", containers: Container())]);
        _cgroups.SetMemory("kubepods/besteffort", 576 * Mib);
        _cgroups.Write("kubepods/besteffort", "memory.max", $"{600 * Mib}\n");
        SetAvailable(900);
        var cycle = Make(new ReapPolicy { Stages = new StagePolicy { Throttle = s_mark } });
        _tree!.Refresh();
        var container = Assert.Single(_tree.Containers.ToArray());
        (container.HighBefore, container.ThrottledAt) = (long.MaxValue, 20 * Mib);
        UpdateSlices();
        Run(cycle);
        Thread.Sleep(600);
        Run(cycle);
        Assert.Equal(ReportKind.NoVictim, Assert.Single(_reports.Written).Kind);
        Assert.Equal(20 * Mib, container.ThrottledAt);
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
        UpdateSlices();
        Run(cycle);
        var slice = _node!.Slices.All[0]!;
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

    private static int[] ChildrenOf(int processId) =>
        [.. File.ReadAllText($"/proc/{processId}/task/{processId}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)];

    private static ReapPolicy Terminating(TimeSpan? grace = null) =>
        new() { Stages = new StagePolicy { Terminate = s_mark, Grace = grace ?? s_grace } };
}
