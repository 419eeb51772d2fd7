using NodeReaper.Engine.Explaining;
using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Pressure;
using NodeReaper.Engine.Reporting;
using static NodeReaper.Engine.Tests.Candidates.Made;

namespace NodeReaper.Engine.Tests;

/// <summary>Which of the kernel's alarms count as stalls of the node, and for how long.</summary>
public sealed class StallAlarmTests : CycleTest
{
    // Whose stall it is, is asked at the first alarm here, and not for how long.
    private static readonly ReapPolicy s_atOnce = new()
    {
        Pressure = new PressurePolicy { StallWithoutSwap = TimeSpan.Zero },
        Kill = new KillPolicy { Deadline = TimeSpan.FromMilliseconds(20) },
    };

    [Fact]
    public void A_reading_that_fails_leaves_the_last_good_one_in_force()
    {
        SetAvailable(500);
        _ = Make(new ReapPolicy());
        Assert.True(_node!.Read(new PressurePolicy()));
        var good = _node.Last;
        File.WriteAllText(Path.Combine(_procRoot, "meminfo"), "MemTotal: 1048576 kB\nMemAv");
        Assert.False(_node.Read(new PressurePolicy()));
        Assert.Equal((good, 1), (_node.Last, _node.Failures));
        SetAvailable(400);
        Assert.True(_node.Read(new PressurePolicy()));
        Assert.Equal(400 * Mib, _node.Last.Memory.AvailableBytes);
    }

    [Fact]
    public void The_alarm_of_the_kernel_counts_for_its_window_when_the_node_itself_reclaims()
    {
        SetAvailable(150);
        var node = new NodePressure(_procRoot, TimeSpan.FromMilliseconds(200));
        _parts.Add(node);
        Assert.True(node.Read(new PressurePolicy()));
        Assert.False(node.Last.IsStalling);
        SetAllocationStalls(1);
        node.NoteStall();
        Assert.True(node.Read(new PressurePolicy()));
        Assert.True(node.Last.IsStalling);
        Thread.Sleep(250);
        Assert.True(node.Read(new PressurePolicy()));
        Assert.False(node.Last.IsStalling);
    }

    [Fact]
    public void Alarms_that_follow_each_other_are_one_stall()
    {
        SetAvailable(150);
        var node = new NodePressure(_procRoot, TimeSpan.FromMilliseconds(200));
        _parts.Add(node);
        Assert.True(node.Read(new PressurePolicy()));
        for (var alarm = 1; alarm <= 3; alarm++)
        {
            SetAllocationStalls(alarm);
            node.NoteStall();
            Thread.Sleep(100);
        }

        Assert.True(node.Read(new PressurePolicy()));
        Assert.InRange(node.Last.StallingFor, TimeSpan.FromMilliseconds(300), TimeSpan.FromSeconds(30));
        Thread.Sleep(450);
        SetAllocationStalls(4);
        node.NoteStall();
        Assert.True(node.Read(new PressurePolicy()));
        Assert.InRange(node.Last.StallingFor, TimeSpan.Zero, TimeSpan.FromMilliseconds(200));
    }

    [Fact]
    public void The_alarm_of_the_kernel_does_not_count_when_only_pods_stall_at_their_own_limit()
    {
        SetAvailable(150);
        var node = new NodePressure(_procRoot, TimeSpan.FromSeconds(10));
        _parts.Add(node);
        Assert.True(node.Read(new PressurePolicy()));
        node.NoteStall();
        Assert.True(node.Read(new PressurePolicy()));
        Assert.False(node.Last.IsStalling);
    }

    // What the others did: who of them, and how much they waited in a second, in milliseconds.
    [Theory]
    [InlineData("nobody met a limit", false, 600, 0, true)]
    [InlineData("one met its limit, and waited as much as the node", true, 600, 0, false)]
    [InlineData("one met its limit, and waited a part of it", true, 300, 0, true)]
    [InlineData("one met its limit, and another one waited as well", true, 600, 300, true)]
    public void A_stall_of_the_node_is_not_that_of_one_at_its_own_limit(string what, bool atLimit, int itWaited, int otherWaited, bool kills)
    {
        var (thrasher, other) = (Start("--mib", "8"), Start());
        var thrasherPath = AddContainer("burstable/podthrasher", 300, thrasher.Id);
        var otherPath = AddContainer("besteffort/podother", 200, other.Id);
        Directory.CreateDirectory(Path.Combine(_procRoot, "pressure"));
        var hits = 0;
        SetAvailable(150);
        SetStall(thrasherPath, 0, 0);
        SetStall(otherPath, 0, 0);
        SetNodeStall(0);
        var cycle = Make(s_atOnce);
        Run(cycle);
        cycle.LookAround();

        // Some other task had to reclaim for the node's sake at the same time.
        SetAllocationStalls(1);
        Add(0);
        for (var tenth = 1; tenth <= 8; tenth++)
        {
            _node!.NoteStall();
            Run(cycle);
            cycle.NoteGauges();
            Assert.True(kills || !cycle.Gauges.IsShort, what);
            Thread.Sleep(100);
            Add(tenth);
        }

        Assert.True(kills == HasKilled, what);
        if (!kills)
        {
            var told = Assert.Single(_reports.Written);
            Assert.Equal((ReportKind.Attributed, "thrasher", "stall"), (told.Kind, told.Uid, told.Signal));
            Assert.InRange(told.Stall.AtLimits, TimeSpan.FromMilliseconds(180), told.Stall.Waited);
            Assert.InRange(told.Stall.Time, TimeSpan.FromMilliseconds(500), TimeSpan.FromSeconds(3));
            Killing.ProcessState.AssertUntouched(other.Id);
            Killing.ProcessState.AssertUntouched(thrasher.Id);
        }

        void Add(int tenth)
        {
            hits += atLimit ? 5 : 0;
            SetStall(thrasherPath, itWaited * tenth / 10, hits);
            SetStall(otherPath, otherWaited * tenth / 10, 0);
            SetNodeStall(600 * tenth / 10);
        }
    }

    [Fact]
    public void A_stall_that_is_not_known_to_be_the_nodes_is_no_shortage_to_who_asks()
    {
        AddContainer("besteffort/podinnocent", 300, Start("--mib", "8").Id);
        SetAvailable(150);
        var cycle = Make(s_atOnce);
        Run(cycle);
        SetAllocationStalls(1);
        _node!.NoteStall();
        Assert.True(_node.Read(s_atOnce.Pressure));
        Assert.True(Occasion.Of(_node, s_atOnce.Pressure).IsStall);
        var explanation = new Explanation(4);
        cycle.Explain(explanation);
        cycle.NoteGauges();
        Assert.Equal((false, 1, false), (explanation.Verdict.IsShort, explanation.RankedCount, cycle.Gauges.IsShort));
    }

    [Fact]
    public void A_stall_of_the_node_is_not_that_of_a_service_at_its_own_limit()
    {
        var innocent = Start("--mib", "8");
        AddContainer("besteffort/podinnocent", 300, innocent.Id);
        _cgroups.AddEmpty("system.slice");
        Directory.CreateDirectory(Path.Combine(_procRoot, "pressure"));
        SetAvailable(150);
        SetStall("system.slice", 0, 0);
        SetNodeStall(0);
        var cycle = Make(s_atOnce);
        Run(cycle);
        cycle.LookAround();
        SetAllocationStalls(1);
        for (var tenth = 0; tenth <= 8; tenth++)
        {
            SetStall("system.slice", 60 * tenth, 5 * (tenth + 1));
            SetNodeStall(60 * tenth);
            _node!.NoteStall();
            Run(cycle);
            Thread.Sleep(100);
        }

        var told = Assert.Single(_reports.Written);
        Assert.Equal((ReportKind.Attributed, ""), (told.Kind, told.Uid));
        Assert.Equal(told.Stall.Waited, told.Stall.AtLimits);
        Killing.ProcessState.AssertUntouched(innocent.Id);
    }

    // kswapd's work counts for the node as a whole, and for no cgroup.
    [Theory]
    [InlineData("kswapd alone has waited", 0, 0, false)]
    [InlineData("the Pods have waited", 60, 0, true)]
    [InlineData("a service beside the Pods has waited", 0, 60, true)]
    [InlineData("of all that was waited, they have waited little", 5, 5, false)]
    public void What_the_kernel_itself_waits_is_no_stall(string what, int podsWaited, int serviceWaited, bool kills)
    {
        var innocent = Start("--mib", "8");
        AddContainer("besteffort/podinnocent", 300, innocent.Id);
        _cgroups.AddEmpty("system.slice");
        Directory.CreateDirectory(Path.Combine(_procRoot, "pressure"));
        SetAvailable(150);
        Add(0);
        var cycle = Make(s_atOnce);
        UpdateSlices(s_atOnce.Pressure);
        Run(cycle);
        cycle.LookAround();
        SetAllocationStalls(1);
        for (var tenth = 1; tenth <= 8; tenth++)
        {
            _node!.NoteStall();
            Run(cycle);
            Thread.Sleep(100);
            Add(tenth);
        }

        Assert.True(kills == HasKilled, what);
        Assert.All(_reports.Written, report => Assert.Equal(kills, report.Stall.IsOfPlace));
        Assert.All(_reports.Written, report => Assert.True(report.Stall.Waited > TimeSpan.Zero, what));

        void Add(int tenth)
        {
            SetNodeStall(60 * tenth);
            _cgroups.Write("kubepods", "memory.pressure", Pressure(podsWaited * tenth));
            SetStall("system.slice", serviceWaited * tenth, 0);
        }
    }

    // The same question, of a slice that meets its limit with page cache, while one in it thrashes at its own.
    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public void A_stall_of_a_slice_is_not_that_of_one_at_its_own_limit(bool atLimit, bool kills)
    {
        var (thrasher, other) = (Start("--mib", "8"), Start());
        var thrasherPath = AddContainer("burstable/podthrasher", 300, thrasher.Id);
        var otherPath = AddContainer("besteffort/podother", 200, other.Id);
        SetAvailable(500);
        SetStall(thrasherPath, 0, 0);
        SetStall(otherPath, 0, 0);
        SetSlice(0);
        var cycle = Make(s_atOnce);
        UpdateSlices(s_atOnce.Pressure);
        var slice = _node!.Slices.All.ToArray().Single(each => each?.Path == "kubepods")!;
        Run(cycle);
        cycle.LookAround();
        for (var tenth = 0; tenth <= 8; tenth++)
        {
            SetStall(thrasherPath, 60 * tenth, atLimit ? 5 * (tenth + 1) : 0);
            SetSlice(tenth);
            slice.NoteStall();
            Run(cycle);
            Thread.Sleep(100);
        }

        Assert.Equal(kills, HasKilled);
        Assert.All(_reports.Written, report => Assert.Equal("stall", report.Signal));
    }

    [Fact]
    public void Without_swap_a_stall_of_the_node_is_a_shortage_when_it_has_lasted()
    {
        var innocent = Start("--mib", "8");
        AddContainer("besteffort/podinnocent", 300, innocent.Id);
        SetAvailable(150);
        var policy = s_atOnce with { Pressure = new PressurePolicy { StallWithoutSwap = TimeSpan.FromMilliseconds(1500) } };
        var cycle = Make(policy);
        Run(cycle);
        SetAllocationStalls(1);
        _node!.NoteStall();
        Thread.Sleep(700);
        Run(cycle);
        Assert.True(_node.Last.IsStalling, "the alarm counts for a second");
        Assert.Empty(_reports.Written);
        for (var tenth = 7; tenth <= 16; tenth++)
        {
            SetAllocationStalls(tenth);
            _node.NoteStall();
            Run(cycle);
            Thread.Sleep(100);
        }

        Run(cycle);
        Assert.Equal("stall", Assert.Single(_reports.Written).Signal);
    }

    private bool HasKilled => _reports.Written.Exists(report => report.Kind == ReportKind.Killed);

    private void SetSlice(int tenth)
    {
        // 150 of 700 MiB are left: below the mark to recover to.
        _cgroups.SetMemory("kubepods", 550 * Mib);
        _cgroups.Write("kubepods", "memory.max", $"{700 * Mib}\n");
        _cgroups.Write("kubepods", "memory.pressure", Pressure(60 * tenth));
        _cgroups.Write("kubepods", "memory.events.local", $"low 0\nhigh 0\nmax {tenth}\noom 0\noom_kill 0\noom_group_kill 0\n");
    }

    private void SetStall(string path, int milliseconds, int hits)
    {
        _cgroups.Write(path, "memory.pressure", Pressure(milliseconds));
        _cgroups.Write(path, "memory.events", $"low 0\nhigh 0\nmax {hits}\noom 0\noom_kill 0\noom_group_kill 0\n");
    }

    private void SetNodeStall(int milliseconds) => File.WriteAllText(Path.Combine(_procRoot, "pressure", "memory"), Pressure(milliseconds));

    private static string Pressure(int milliseconds) =>
        $"some avg10=0.00 avg60=0.00 avg300=0.00 total={milliseconds * 1000}\nfull avg10=0.00 avg60=0.00 avg300=0.00 total={milliseconds * 1000}\n";
}
