using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Pressure;
using NodeReaper.Engine.Reporting;
using NodeReaper.Kernel.Tests;
using static NodeReaper.Engine.Tests.Candidates.Made;

namespace NodeReaper.Engine.Tests;

/// <summary>Kills of the kernel's OOM killer: told when they were for the node's sake.</summary>
public sealed class KernelOomTests : CycleTest
{
    [Fact]
    public void A_kernel_kill_is_told_also_when_the_last_ranking_was_of_containers_that_are_gone()
    {
        var paths = new[] { "one", "two", "three" }
            .Select(name => AddContainer($"besteffort/pod{name}", 100, Start("--mib", "2").Id)).ToList();
        SetAvailable(60);
        var cycle = Make(new ReapPolicy { DryRun = true });
        Run(cycle);
        cycle.LookForKernelKills();
        Assert.Equal(3, _reports.Written[^1].RankedTotal);

        paths.ForEach(_cgroups.Remove);
        cycle.LookAround();
        SetAvailable(500);
        SetAllocationStalls(0, oomKills: 2);
        ReadKills(2);
        cycle.LookForKernelKills();
        cycle.LookForKernelKills();
        _ring.Drain(_reports.Write);
        Assert.Equal((ReportKind.KernelOom, 0), (_reports.Written[^1].Kind, _reports.Written[^1].RankedTotal));
        Assert.Single(_reports.Written, report => report.Kind == ReportKind.KernelOom);
        Assert.Equal(2, cycle.Totals.KernelKills);
    }

    [Theory]
    [InlineData(500, LateReason.NoShortageSeen)]
    [InlineData(60, LateReason.DryRun)]
    public void A_dry_run_is_the_reason_only_when_it_told_of_somebody(int availableMib, LateReason expected)
    {
        AddContainer("besteffort/podone", 100, Start("--mib", "2").Id);
        SetAvailable(availableMib);
        var cycle = Make(new ReapPolicy { DryRun = true });
        Run(cycle);
        cycle.LookForKernelKills();
        SetAllocationStalls(0, oomKills: 1);
        ReadKills(1);
        cycle.LookForKernelKills();

        Assert.Equal([expected], Reasons());
    }

    [Fact]
    public void The_reason_outlasts_a_shortage_that_the_kernel_has_just_ended()
    {
        AddContainer("besteffort/podone", 100, Start("--mib", "2").Id);
        SetAvailable(60);
        var cycle = Make(new ReapPolicy { DryRun = true });
        Run(cycle);
        cycle.LookForKernelKills();

        // Its memory is back before its counter is read.
        SetAvailable(500);
        Run(cycle);
        SetAllocationStalls(0, oomKills: 1);
        ReadKills(1);
        cycle.LookForKernelKills();
        Assert.Equal([LateReason.DryRun], Reasons());
    }

    [Fact]
    public void What_is_told_is_the_lowest_that_was_seen_before_it()
    {
        SetAvailable(500);
        // Or it is short by how fast that goes.
        var cycle = Make(new ReapPolicy { Pressure = new PressurePolicy { TimeLeft = TimeSpan.Zero } });
        Run(cycle);
        cycle.LookForKernelKills();
        SetAvailable(120);
        Run(cycle);
        SetAvailable(700);
        Run(cycle);
        SetAllocationStalls(0, oomKills: 1);
        ReadKills(1);
        cycle.LookForKernelKills();
        var told = new List<(long, LateReason)>();
        _ring.Drain(report => told.Add((report.Reading.Memory.AvailableBytes, report.LateReason)));
        Assert.Equal([(120 * Mib, LateReason.NoShortageSeen)], told);
    }

    [Fact]
    public void An_agent_that_got_no_turn_says_so()
    {
        SetAvailable(500);
        var policy = new ReapPolicy { Pressure = new PressurePolicy { SlowestSample = TimeSpan.FromMilliseconds(100) } };
        var cycle = Make(policy);
        Run(cycle);
        cycle.LookForKernelKills();
        Thread.Sleep(1200);
        SetAllocationStalls(0, oomKills: 1);
        Eventually.True(() => _node!.Read(policy.Pressure) && _node.Last.KernelOomKills == 1, "the counter is read");
        cycle.LookForKernelKills();
        Assert.Equal([LateReason.AgentHadNoTurn], Reasons());
    }

    [Fact]
    public void That_nobody_might_be_killed_is_no_reason_once_somebody_was()
    {
        AddContainer("besteffort/podguarded", 300, Start("--mib", "2").Id);
        _pods = new PodSnapshot([Pod("guarded", "kube-system"), Pod("hog")]);
        SetAvailable(60);
        var cycle = Make(new ReapPolicy { Kill = new KillPolicy { Deadline = TimeSpan.FromMilliseconds(20), Cooldown = TimeSpan.FromMilliseconds(50) } });
        Run(cycle);
        cycle.LookForKernelKills();
        Assert.Equal(ReportKind.NoVictim, _reports.Written[^1].Kind);

        var hogPath = AddContainer("besteffort/podhog", 300, Start("--mib", "2").Id);
        Thread.Sleep(300);
        Run(cycle);
        Assert.Equal((ReportKind.Killed, "hog"), (_reports.Written[^1].Kind, _reports.Written[^1].Uid));

        // Its memory is back, though not all of it is gone; the shortage is over, though not yet by much.
        _cgroups.SetMemory(hogPath, 1 << 20);
        SetAvailable(150);
        for (var tenth = 0; tenth < 21; tenth++)
        {
            Thread.Sleep(100);
            cycle.LookAfterDraining();
            Run(cycle);
        }

        Assert.Equal(1, cycle.Draining.Count);
        SetAllocationStalls(0, oomKills: 1);
        ReadKills(1);
        cycle.LookForKernelKills();
        Assert.Equal([LateReason.NoShortageSeen], Reasons());
    }

    [Fact]
    public void Swap_that_seemed_of_use_is_a_reason()
    {
        SetAvailable(60, swapMib: 900);
        var cycle = Make(new ReapPolicy());
        Run(cycle);
        cycle.LookForKernelKills();
        SetAllocationStalls(0, oomKills: 1);
        ReadKills(1);
        cycle.LookForKernelKills();
        Assert.Equal([LateReason.SwapLeft], Reasons());
    }

    [Fact]
    public void A_container_that_met_its_own_limit_and_is_gone_was_not_killed_for_the_node()
    {
        AddContainer("besteffort/podone", 100, Start("--mib", "2").Id);
        SetEvents(0);
        SetAvailable(500);
        var cycle = Make(new ReapPolicy());
        UpdateSlices();
        Run(cycle);
        cycle.LookForKernelKills();
        cycle.LookAround();
        SetEvents(2);
        SetAllocationStalls(0, oomKills: 2);
        ReadKills(2);
        cycle.LookForKernelKills();
        SetAllocationStalls(0, oomKills: 3);
        ReadKills(3);
        cycle.LookForKernelKills();
        _ring.Drain(_reports.Write);
        Assert.Equal((2, 1), (cycle.Totals.OwnLimitKills, cycle.Totals.KernelKills));
        Assert.Equal(ReportKind.KernelOom, Assert.Single(_reports.Written).Kind);

        void SetEvents(int ooms)
        {
            _cgroups.Write("kubepods", "memory.events", $"low 0\nhigh 0\nmax 9\noom {ooms}\noom_kill {ooms}\noom_group_kill 0\n");
            _cgroups.Write("kubepods", "memory.events.local", "low 0\nhigh 0\nmax 0\noom 0\noom_kill 0\noom_group_kill 0\n");
        }
    }

    [Fact]
    public void A_kill_at_the_limit_of_all_Pods_is_told_with_what_was_seen_there()
    {
        AddContainer("besteffort/podone", 100, Start("--mib", "2").Id);
        SetEvents(0);
        SetSlice(500);
        SetAvailable(700);
        var cycle = Make(new ReapPolicy { Pressure = new PressurePolicy { TimeLeft = TimeSpan.Zero } });
        UpdateSlices();
        Run(cycle);
        cycle.LookForKernelKills();
        cycle.LookAround();
        SetSlice(580);
        Run(cycle);
        SetSlice(300);
        SetEvents(1);
        SetAllocationStalls(0, oomKills: 1);
        ReadKills(1);
        cycle.LookForKernelKills();
        var told = new List<(ReportKind, string?, long)>();
        _ring.Drain(report => told.Add((report.Kind, report.SlicePath, report.Reading.Memory.AvailableBytes)));
        Assert.Contains((ReportKind.KernelOom, "kubepods", (600 - 580 - 10 - 1 + 7) * Mib), told);

        void SetSlice(int anonMib)
        {
            _cgroups.SetMemory("kubepods", anonMib * Mib);
            _cgroups.Write("kubepods", "memory.max", $"{600 * Mib}\n");
        }

        void SetEvents(int ooms)
        {
            _cgroups.Write("kubepods", "memory.events", $"low 0\nhigh 0\nmax 9\noom {ooms}\noom_kill {ooms}\noom_group_kill 0\n");
            _cgroups.Write("kubepods", "memory.events.local", $"low 0\nhigh 0\nmax 9\noom {ooms}\noom_kill 0\noom_group_kill 0\n");
        }
    }

    [Fact]
    public void A_service_at_its_own_limit_is_not_the_nodes_and_what_died_for_the_node_at_the_same_time_is()
    {
        var path = AddContainer("besteffort/podone", 100, Start("--mib", "2").Id);
        _cgroups.AddEmpty("system.slice");
        SetEvents("system.slice", 0, 0);
        SetEvents(path, 0, 0);
        SetAvailable(500);
        var cycle = Make(new ReapPolicy());
        Run(cycle);
        cycle.LookForKernelKills();
        cycle.LookAround();

        SetEvents("system.slice", 1, 1);
        SetAllocationStalls(0, oomKills: 1);
        ReadKills(1);
        cycle.LookForKernelKills();
        Assert.Equal((1, 0), (cycle.Totals.OwnLimitKills, cycle.Totals.KernelKills));

        SetEvents("system.slice", 2, 3);
        SetEvents(path, 0, 1);
        SetAllocationStalls(0, oomKills: 4);
        ReadKills(4);
        cycle.LookForKernelKills();
        _ring.Drain(_reports.Write);
        Assert.Equal((3, 1), (cycle.Totals.OwnLimitKills, cycle.Totals.KernelKills));
        Assert.Equal((ReportKind.KernelOom, "one"), (Assert.Single(_reports.Written).Kind, _reports.Written[0].Uid));
        cycle.NoteGauges();
        Assert.Equal(3, cycle.Gauges.OwnLimitOomKills);
    }

    [Fact]
    public void What_a_look_around_sees_before_the_nodes_counter_does_is_not_forgotten()
    {
        AddContainer("besteffort/podone", 100, Start("--mib", "2").Id);
        _cgroups.AddEmpty("system.slice");
        SetEvents("system.slice", 0, 0);
        SetAvailable(500);
        var cycle = Make(new ReapPolicy());
        Run(cycle);
        cycle.LookForKernelKills();
        cycle.LookAround();

        SetEvents("system.slice", 1, 1);
        SetAllocationStalls(0, oomKills: 1);
        cycle.LookAround();
        ReadKills(1);
        cycle.LookForKernelKills();
        Assert.Equal((1, 0), (cycle.Totals.OwnLimitKills, cycle.Totals.KernelKills));
    }

    private List<LateReason> Reasons()
    {
        var reasons = new List<LateReason>();
        _ring.Drain(report => reasons.Add(report.LateReason));
        return reasons;
    }

    private void ReadKills(int count) =>
        Eventually.True(() => _node!.Read(new PressurePolicy()) && _node.Last.KernelOomKills == count, "the counter is read");

    private void SetEvents(string path, int ooms, int kills) =>
        _cgroups.Write(path, "memory.events", $"low 0\nhigh 0\nmax 9\noom {ooms}\noom_kill {kills}\noom_group_kill 0\n");
}
