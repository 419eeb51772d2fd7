using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Killing;
using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Reporting;
using NodeReaper.Engine.Tests.Killing;
using NodeReaper.Engine.Verification;
using NodeReaper.Kernel.Syscalls;
using NodeReaper.Kernel.Tests;
using NodeReaper.Kernel.Tests.Victims;
using static NodeReaper.Engine.Tests.Candidates.Made;

namespace NodeReaper.Engine.Tests;

/// <summary>The whole chain over a meminfo and a cgroup tree that are fake, and processes that are real.</summary>
public sealed class ReapCycleTests : CycleTest
{
    [Fact]
    public void A_hog_is_killed_proven_and_reported_and_the_others_live()
    {
        var hog = Start("--mib", "64");
        var modest = Start("--mib", "2");
        var guarded = Start("--mib", "2");
        var hogPath = AddContainer("besteffort/podhog", 400, hog.Id);
        AddContainer("burstable/podmodest", 300, modest.Id);
        AddContainer("besteffort/podguarded", 900, guarded.Id);
        _pods = new PodSnapshot(
        [
            Pod("hog", qosClass: QosClass.BestEffort, containers: Container("app")),
            Pod("modest", qosClass: QosClass.Burstable, containers: Container("app")),
            Pod("guarded", "kube-system", QosClass.BestEffort),
        ]);
        SetAvailable(20);
        var cycle = Make(new ReapPolicy());

        // What the runtime and the kernel do once it is dead: its cgroup goes, and its memory is available.
        var aftermath = SideThread.Start(() =>
        {
            Assert.True(hog.Pidfd.WaitForExit(Eventually.TimeoutMilliseconds));
            SetAvailable(500);
            _cgroups.Remove(hogPath);
        });
        Run(cycle);
        aftermath.Join();
        Assert.Equal(9, hog.WaitAndReap());
        ProcessState.AssertUntouched(modest.Id);
        ProcessState.AssertUntouched(guarded.Id);
        var report = Assert.Single(_reports.Written);
        Assert.Equal((ReportKind.Killed, "available", "hog", Id), (report.Kind, report.Signal, report.Uid, report.ContainerId));
        Assert.Equal("qosClass", report.DecidingKey);
        Assert.Equal((172 * Mib, true), (report.DeficitBytes, report.IsEmergency));
        Assert.Equal((2, 1), (report.RankedTotal, report.Protected));
        Assert.Equal(["hog", "modest"], report.Ranked);
        Assert.Equal(500 * Mib, report.AvailableAfterBytes);
        Assert.Equal(new KillOutcome(KillStrategy.Hold, Refusal.None, 0, Errno.None, 1, 1, 0, 1, 2, 3), report.Outcome with { DecidedAt = 1, SignalledAt = 2, ReleasedAt = 3 });
        Assert.True(report.Outcome.ReleasedAt > 0);
        Assert.Equal(ReliefProof.CgroupGone, report.Relief.Proof);
        Assert.True(report.Relief.IsFreed && report.Relief.IsDead);

        // The page cache outlasts the cgroup.
        Assert.Equal(401 * Mib, report.Relief.FreedBytes);
        Assert.Equal([("victim", Errno.None)], report.Processes);
        Assert.Equal(new CycleTotals(1, 401 * Mib, 0, 0), cycle.Totals);

        // The shortage is over.
        Run(cycle);
        Assert.Single(_reports.Written);
    }

    [Fact]
    public void Nothing_is_done_while_there_is_enough()
    {
        var victim = Start();
        AddContainer("besteffort/pod1", 400, victim.Id);
        SetAvailable(96);
        Run(Make(new ReapPolicy()));
        Assert.Empty(_reports.Written);
        ProcessState.AssertUntouched(victim.Id);
    }

    [Fact]
    public void Without_a_victim_that_is_told_once_an_episode()
    {
        var guarded = Start();
        AddContainer("besteffort/podguarded", 400, guarded.Id);
        AddContainer("besteffort/podself", 400, Environment.ProcessId);
        _pods = new PodSnapshot([Pod("guarded", "kube-system")]);
        SetAvailable(20);
        var cycle = Make(new ReapPolicy());
        Run(cycle);
        Run(cycle);
        var report = Assert.Single(_reports.Written);
        Assert.Equal((ReportKind.NoVictim, 0, 1, 1), (report.Kind, report.RankedTotal, report.Protected, report.Own));
        SetAvailable(500);
        Run(cycle);
        SetAvailable(20);
        Run(cycle);
        Assert.Equal(2, _reports.Written.Count);
        Assert.Equal(new CycleTotals(0, 0, 0, 2), cycle.Totals);
        ProcessState.AssertUntouched(guarded.Id);
    }

    [Fact]
    public void Whom_the_planner_passed_over_is_told()
    {
        foreach (var (name, mib) in new[] { ("a", 10), ("b", 20) })
        {
            AddContainer($"besteffort/pod{name}", mib, Start().Id);
        }

        var hog = Start("--mib", "8");
        AddContainer("burstable/podhog", 400, hog.Id);
        AddContainer("burstable/podlast", 300, Start().Id);
        SetAvailable(20);
        var cycle = Make(new ReapPolicy { Kill = new KillPolicy { Deadline = TimeSpan.FromMilliseconds(20) } });
        Run(cycle);
        Assert.Equal(9, hog.WaitAndReap());
        var report = Assert.Single(_reports.Written);
        Assert.Equal(("hog", new VictimRank(3, 2, 32 * Mib), 4), (report.Uid, report.Rank, report.RankedTotal));
    }

    [Fact]
    public void A_slice_in_which_nobody_may_die_does_not_hide_another_one()
    {
        var (guarded, hog, calm) = (Start(), Start("--mib", "8"), Start());
        AddContainer("besteffort/podguarded", 400, guarded.Id);
        AddContainer("burstable/podhog", 400, hog.Id);
        AddContainer("podcalm", 400, calm.Id);
        _pods = new PodSnapshot([Pod("guarded", "kube-system")]);
        foreach (var slice in new[] { "kubepods/besteffort", "kubepods/burstable" })
        {
            _cgroups.SetMemory(slice, 580 * Mib);
            _cgroups.Write(slice, "memory.max", $"{600 * Mib}\n");
        }

        SetAvailable(500);
        var policy = new ReapPolicy { Kill = new KillPolicy { Deadline = TimeSpan.FromMilliseconds(20), Cooldown = TimeSpan.Zero } };
        var cycle = Make(policy);
        UpdateSlices(policy.Pressure);
        Run(cycle);
        Assert.Equal(
            [(ReportKind.NoVictim, ""), (ReportKind.Killed, "hog")],
            _reports.Written.Select(report => (report.Kind, report.Uid)).OrderByDescending(each => each.Kind).ThenBy(each => each.Uid));
        Assert.Equal(9, hog.WaitAndReap());

        // That slice is as short as before; the others have enough, and nobody there dies for it.
        _cgroups.SetMemory("kubepods/burstable", 100 * Mib);
        Run(cycle);
        Run(cycle);
        Assert.Equal(2, _reports.Written.Count);
        Assert.True(cycle.IsIdle);
        ProcessState.AssertUntouched(guarded.Id);
        ProcessState.AssertUntouched(calm.Id);
    }

    [Fact]
    public void A_container_that_comes_while_memory_is_short_is_found()
    {
        SetAvailable(500);
        _cgroups.AddEmpty("kubepods/besteffort");
        var cycle = Make(new ReapPolicy { Kill = new KillPolicy { Deadline = TimeSpan.FromMilliseconds(20) } });
        cycle.LookAround();
        var victim = Start();
        AddContainer("besteffort/podnew", 400, victim.Id);
        SetAvailable(20);
        Run(cycle);
        Assert.Equal("new", Assert.Single(_reports.Written).Uid);
        Assert.Equal(9, victim.WaitAndReap());
    }

    [Fact]
    public void A_full_ring_stops_no_kill()
    {
        AddContainer("besteffort/pod0", 400);
        var victim = Start();
        AddContainer("besteffort/pod1", 400, victim.Id);
        SetAvailable(20);
        var cycle = Make(new ReapPolicy { Kill = new KillPolicy { Deadline = TimeSpan.FromMilliseconds(20) } });
        while (_ring.Rent() is not null)
        {
            _ring.Publish();
        }

        var dropped = _ring.Dropped;
        Assert.True(_node!.Read(new PressurePolicy()));
        cycle.Run();
        Assert.Equal(9, victim.WaitAndReap());
        Assert.Equal(dropped + 1, _ring.Dropped);
        Assert.Equal(1, cycle.Totals.Kills);
    }

    [Fact]
    public void From_the_second_kill_on_a_decision_its_kill_and_its_report_allocate_nothing()
    {
        SetAvailable(20);
        _cgroups.AddEmpty("kubepods/besteffort");
        var cycle = Make(new ReapPolicy { Kill = new KillPolicy { Deadline = TimeSpan.FromMilliseconds(20) } });
        for (var i = 0; i < 4; i++)
        {
            using var victim = Victim.Start("--mib", "4");
            AddContainer($"besteffort/podp{i}", 400, victim.Id);
            Assert.True(_node!.Read(new PressurePolicy()));
            var before = GC.GetAllocatedBytesForCurrentThread();
            cycle.Run();
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.Equal(9, victim.WaitAndReap());
            Assert.Equal(i + 1, cycle.Totals.Kills);
            if (i > 0)
            {
                Assert.Equal(0, allocated);
            }
        }
    }
}
