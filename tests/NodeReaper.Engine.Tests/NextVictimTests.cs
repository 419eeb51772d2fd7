using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Killing;
using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Reporting;
using NodeReaper.Engine.Tests.Killing;
using NodeReaper.Kernel.Tests;
using static NodeReaper.Engine.Tests.Candidates.Made;

namespace NodeReaper.Engine.Tests;

/// <summary>Who dies next, and who does not, when the first of a plan did not suffice, was refused, or was not there.</summary>
public sealed class NextVictimTests : CycleTest
{
    [Fact]
    public void The_next_in_the_plan_dies_only_if_the_first_did_not_suffice()
    {
        var first = Start();
        var second = Start();
        var third = Start();
        AddContainer("besteffort/pod1", 90, first.Id);
        AddContainer("besteffort/pod2", 80, second.Id);
        AddContainer("besteffort/pod3", 70, third.Id);
        SetAvailable(20);
        var cycle = Make(new ReapPolicy { Kill = new KillPolicy { Deadline = TimeSpan.FromMilliseconds(20) } });
        var aftermath = SideThread.Start(() =>
        {
            Assert.True(second.Pidfd.WaitForExit(Eventually.TimeoutMilliseconds));
            SetAvailable(500);
        });
        Run(cycle);
        aftermath.Join();
        Assert.Equal(["1", "2"], _reports.Written.Select(report => report.Uid));
        ProcessState.AssertUntouched(third.Id);
    }

    [Fact]
    public void After_a_kill_without_proof_the_victim_is_quarantined_and_the_next_one_waits_for_the_pause_or_an_emergency()
    {
        var first = Start();
        var second = Start();
        AddContainer("besteffort/pod1", 400, first.Id);
        AddContainer("besteffort/pod2", 300, second.Id);
        SetAvailable(60);
        var cycle = Make(new ReapPolicy
        {
            Kill = new KillPolicy { Deadline = TimeSpan.FromMilliseconds(20), Cooldown = TimeSpan.FromMinutes(10) },
        });
        Run(cycle);
        var report = Assert.Single(_reports.Written);
        Assert.Equal((ReportKind.Killed, "1", false, false), (report.Kind, report.Uid, report.IsEmergency, report.Relief.IsFreed));
        Assert.True(_tree!.Containers.ToArray().Single(container => container.PodUid is "1").IsQuarantined);

        // Still short, but no emergency: the pause is kept.
        Run(cycle);
        Run(cycle);
        Assert.Single(_reports.Written);
        ProcessState.AssertUntouched(second.Id);

        // In an emergency it is not, and the quarantined one is not killed twice.
        SetAvailable(20);
        Run(cycle);
        Assert.Equal(["1", "2"], _reports.Written.Select(each => each.Uid));
        Assert.Equal(9, second.WaitAndReap());

        // All are quarantined now.
        Run(cycle);
        Assert.Equal(ReportKind.NoVictim, _reports.Written[^1].Kind);
        Assert.Equal(2, _reports.Written[^1].Quarantined);
    }

    [Fact]
    public void The_pause_comes_to_an_end()
    {
        var first = Start();
        var second = Start();
        AddContainer("besteffort/pod1", 400, first.Id);
        AddContainer("besteffort/pod2", 300, second.Id);
        SetAvailable(60);
        var cycle = Make(new ReapPolicy
        {
            Kill = new KillPolicy { Deadline = TimeSpan.FromMilliseconds(20), Cooldown = TimeSpan.FromMilliseconds(50) },
        });
        Run(cycle);
        Assert.Single(_reports.Written);
        Thread.Sleep(60);
        Run(cycle);
        Assert.Equal(["1", "2"], _reports.Written.Select(report => report.Uid));
    }

    [Fact]
    public void A_victim_that_is_refused_at_the_last_look_is_not_chosen_again()
    {
        var late = Start();
        var other = Start();
        AddContainer("besteffort/pod1", 400, late.Id);
        AddContainer("besteffort/pod2", 300, other.Id);
        SetAvailable(500);
        var cycle = Make(new ReapPolicy());
        cycle.LookAround();

        // Known as an app container; a shim comes into it before the kill.
        var shim = Start("--comm", "containerd-shim");
        _cgroups.Write($"kubepods/besteffort/pod1/{Id}", "cgroup.procs", $"{late.Id}\n{shim.Id}\n");
        SetAvailable(20);
        Run(cycle);
        var report = Assert.Single(_reports.Written);
        Assert.Equal((ReportKind.Refused, Refusal.SystemProcess, shim.Id), (report.Kind, report.Outcome.Refusal, report.Outcome.RefusedProcessId));
        ProcessState.AssertUntouched(late.Id);
        ProcessState.AssertUntouched(shim.Id);
        Run(cycle);
        Assert.Equal(["1", "2"], _reports.Written.Select(each => each.Uid));
        Assert.Equal(9, other.WaitAndReap());
        Assert.Equal(1, cycle.Totals.Kills);
    }

    [Fact]
    public void What_is_refused_among_the_others_of_its_Pod_does_not_protect_a_hog()
    {
        // A tenant's process, which is called like what is never killed as long as it is small.
        var (hog, other, stranger) = (Start("--mib", "8"), Start(), Start("--comm", "pause"));
        AddContainer("besteffort/podhog", 400, hog.Id);
        _cgroups.Add($"kubepods/besteffort/podhog/{Id.Replace('9', '8')}", 80 * Mib, 0, other.Id, stranger.Id);
        _pods = new PodSnapshot([Pod("hog", qosClass: QosClass.BestEffort, containers: [Container("a"), Container("b")]) with { KillScope = KillScope.Pod }]);
        SetAvailable(20);
        var cycle = Make(new ReapPolicy { Kill = new KillPolicy { Deadline = TimeSpan.FromMilliseconds(20) } });
        Run(cycle);
        Assert.Equal((ReportKind.Refused, Refusal.Sandbox), (_reports.Written[0].Kind, _reports.Written[0].Outcome.Refusal));
        ProcessState.AssertUntouched(hog.Id);
        Run(cycle);
        Assert.Equal((ReportKind.Killed, Id), (_reports.Written[1].Kind, _reports.Written[1].ContainerId));
        Assert.Equal(9, hog.WaitAndReap());
        ProcessState.AssertUntouched(other.Id);
        ProcessState.AssertUntouched(stranger.Id);
    }

    [Fact]
    public void After_its_largest_process_died_in_vain_the_rest_of_a_container_is_spared_for_the_pause_only()
    {
        var (largest, rest) = (Start("--mib", "64"), Start("--mib", "2"));
        AddContainer("besteffort/podhog", 400, largest.Id, rest.Id);
        _pods = new PodSnapshot([Pod("hog", qosClass: QosClass.BestEffort, containers: Container("app")) with { KillScope = KillScope.Process }]);
        SetAvailable(20);

        // Without a release, its death proves nothing while its cgroup has lost nothing.
        var policy = new ReapPolicy { Kill = new KillPolicy { Deadline = TimeSpan.FromMilliseconds(20), Cooldown = TimeSpan.FromMilliseconds(300) } };
        var cycle = Make(policy, KillStrategy.Signal);
        Run(cycle);
        Assert.Equal(9, largest.WaitAndReap());
        Run(cycle);
        ProcessState.AssertUntouched(rest.Id);
        Thread.Sleep(350);
        Run(cycle);
        Assert.Equal(9, rest.WaitAndReap());
        Assert.Equal(2, cycle.Totals.Kills);
    }

    [Fact]
    public void Nobody_dies_for_what_another_place_is_short_of()
    {
        // Two victims of one plan: after the first, its slice has enough; another slice has not, with nobody in it to kill.
        var (one, two) = (Start("--mib", "8"), Start("--mib", "8"));
        AddContainer("besteffort/podone", 60, one.Id);
        AddContainer("besteffort/podtwo", 50, two.Id);
        _ = _cgroups.AddEmpty("kubepods/burstable");
        foreach (var slice in new[] { "kubepods/besteffort", "kubepods/burstable" })
        {
            _cgroups.SetMemory(slice, 520 * Mib);
            _cgroups.Write(slice, "memory.max", $"{600 * Mib}\n");
        }

        SetAvailable(500);
        var policy = new ReapPolicy { Kill = new KillPolicy { Deadline = TimeSpan.FromSeconds(5), Cooldown = TimeSpan.Zero } };
        var cycle = Make(policy);
        UpdateSlices(policy.Pressure);
        var aftermath = SideThread.Start(() =>
        {
            Assert.True(one.Pidfd.WaitForExit(Eventually.TimeoutMilliseconds));
            _cgroups.SetMemory("kubepods/besteffort", 300 * Mib);
            _cgroups.Remove($"kubepods/besteffort/podone/{Id}");
        });
        Run(cycle);
        aftermath.Join();
        Assert.Equal("one", Assert.Single(_reports.Written, report => report.Kind == ReportKind.Killed).Uid);
        ProcessState.AssertUntouched(two.Id);
    }

    [Fact]
    public void What_is_left_of_a_plan_whose_first_was_refused_is_not_carried_out()
    {
        var (first, second, third) = (Start(), Start(), Start());
        AddContainer("besteffort/pod1", 80, first.Id);
        AddContainer("besteffort/pod2", 70, second.Id);
        AddContainer("besteffort/pod3", 200, third.Id);
        _pods = new PodSnapshot([Pod("3", priority: 5, qosClass: QosClass.BestEffort)]);
        SetAvailable(500);
        var cycle = Make(new ReapPolicy { Kill = new KillPolicy { Deadline = TimeSpan.FromMilliseconds(20) } });
        cycle.LookAround();
        var shim = Start("--comm", "containerd-shim");
        _cgroups.Write($"kubepods/besteffort/pod1/{Id}", "cgroup.procs", $"{first.Id}\n{shim.Id}\n");
        SetAvailable(60);

        // 132 MiB are missing: the first two would cover it, the second alone does not, and the third does.
        Run(cycle);
        Assert.Equal((ReportKind.Refused, "1"), (Assert.Single(_reports.Written).Kind, _reports.Written[0].Uid));
        Run(cycle);
        Assert.Equal((ReportKind.Killed, "3"), (_reports.Written[1].Kind, _reports.Written[1].Uid));
        ProcessState.AssertUntouched(first.Id);
        ProcessState.AssertUntouched(second.Id);
        ProcessState.AssertUntouched(shim.Id);
    }

    [Fact]
    public void A_container_that_emptied_since_it_was_looked_at_does_not_stand_in_the_way_of_the_next()
    {
        var left = Start();
        var other = Start();
        AddContainer("besteffort/pod1", 400, left.Id);
        AddContainer("besteffort/pod2", 300, other.Id);
        SetAvailable(500);
        var cycle = Make(new ReapPolicy());
        cycle.LookAround();
        _cgroups.Write($"kubepods/besteffort/pod1/{Id}", "cgroup.procs", "");
        SetAvailable(20);
        Run(cycle);
        Assert.Equal((ReportKind.Refused, Refusal.Gone), (_reports.Written[0].Kind, _reports.Written[0].Outcome.Refusal));
        Run(cycle);
        Assert.Equal(["1", "2"], _reports.Written.Select(each => each.Uid));
        Assert.Equal(9, other.WaitAndReap());
        ProcessState.AssertUntouched(left.Id);
    }

    [Fact]
    public void A_cycle_that_is_stopped_does_not_wait_for_the_proof_and_kills_no_second_victim()
    {
        var first = Start();
        var second = Start();
        AddContainer("besteffort/pod1", 90, first.Id);
        AddContainer("besteffort/pod2", 80, second.Id);
        SetAvailable(20);
        var cycle = Make(new ReapPolicy { Kill = new KillPolicy { Deadline = TimeSpan.FromMinutes(10) } });
        cycle.Stop();
        var clock = System.Diagnostics.Stopwatch.StartNew();
        Run(cycle);
        Assert.True(clock.ElapsedMilliseconds < 60_000);
        Assert.Equal("1", Assert.Single(_reports.Written).Uid);
        ProcessState.AssertUntouched(second.Id);
    }
}
