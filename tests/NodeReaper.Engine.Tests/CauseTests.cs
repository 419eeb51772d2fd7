using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Tests.Killing;
using static NodeReaper.Engine.Tests.Candidates.Made;

namespace NodeReaper.Engine.Tests;

/// <summary>Among equals by priority, who took the memory dies, and not who is of the lower QoS class.</summary>
public sealed class CauseTests : CycleTest
{
    private static readonly ReapPolicy s_policy = new() { Kill = new KillPolicy { Deadline = TimeSpan.FromMilliseconds(20) } };

    [Fact]
    public void A_steady_BestEffort_Pod_does_not_die_for_a_Burstable_hog()
    {
        var (steady, hog) = (Start("--mib", "2"), Start("--mib", "2"));
        AddContainer("besteffort/podsteady", 300, steady.Id);
        var hogPath = AddContainer("burstable/podhog", 40, hog.Id);
        _pods = new PodSnapshot(
        [
            Pod("steady", qosClass: QosClass.BestEffort, containers: Container("app")),
            Pod("hog", qosClass: QosClass.Burstable, containers: Container("app")),
        ]);
        var report = TheDeathFor(hogPath, 400, availableBeforeMib: 500);
        Assert.Equal(("hog", "cause"), (report.Uid, report.DecidingKey));
        Assert.Equal(9, hog.WaitAndReap());
        ProcessState.AssertUntouched(steady.Id);
    }

    [Fact]
    public void A_higher_priority_is_a_higher_priority()
    {
        var (low, hog) = (Start("--mib", "2"), Start("--mib", "2"));
        AddContainer("besteffort/podlow", 300, low.Id);
        var hogPath = AddContainer("besteffort/podhog", 40, hog.Id);
        _pods = new PodSnapshot([Pod("low", qosClass: QosClass.BestEffort), Pod("hog", priority: 5, qosClass: QosClass.BestEffort)]);
        var report = TheDeathFor(hogPath, 400, availableBeforeMib: 500);
        Assert.Equal(("low", "podPriority"), (report.Uid, report.DecidingKey));
        ProcessState.AssertUntouched(hog.Id);
    }

    [Theory]
    [InlineData("a higher priority", 1000, 0)]
    [InlineData("within its request", 0, 500)]
    [InlineData("no blame", 0, 0)]
    public void The_cause_dies_though_it_has_less_than_is_missing(string what, int priorityOfSteady, int requestOfSteady)
    {
        var (steady, hog) = (Start("--mib", "2"), Start("--mib", "2"));
        AddContainer("burstable/podsteady", 300, steady.Id);
        var hogPath = AddContainer("burstable/podhog", 10, hog.Id);
        _pods = new PodSnapshot(
        [
            Pod("steady", priority: priorityOfSteady, containers: Container("app", requestBytes: requestOfSteady * Mib)),
            Pod("hog", containers: Container("app")),
        ]);
        var report = TheDeathFor(hogPath, 90, availableBeforeMib: 165);
        Assert.True(report.Uid == "hog", what);
        Assert.Equal(102 * Mib, report.DeficitBytes);
        Assert.Equal(9, hog.WaitAndReap());
        ProcessState.AssertUntouched(steady.Id);
    }

    // 180 of 192 MiB: 12 are missing, and 96 lie between the marks. A small one before a large one in the ranking.
    [Theory]
    [InlineData("it would bring little", 20, 0, 0, "large")]
    [InlineData("it brings half of what is worth a kill", 48, 0, 0, "small")]
    [InlineData("the large one has a higher priority", 20, 5, 0, "small")]
    [InlineData("the large one is within its request", 20, 0, 500, "small")]
    public void A_stall_is_worth_somebody_larger_but_nobody_of_a_higher_priority_or_within_its_request(
        string what, int smallMib, int priorityOfLarge, int requestOfLarge, string expected)
    {
        var (small, large) = (Start("--mib", "2"), Start("--mib", "2"));
        AddContainer("besteffort/podsmall", smallMib, small.Id);
        AddContainer("burstable/podlarge", 400, large.Id);
        _pods = new PodSnapshot([Pod("small", qosClass: QosClass.BestEffort), Pod("large", priority: priorityOfLarge, qosClass: QosClass.Burstable, containers: Container("app", requestBytes: requestOfLarge * Mib))]);
        SetAvailable(180);
        var cycle = Make(s_policy with { Pressure = new PressurePolicy { StallWithoutSwap = TimeSpan.Zero } });
        Run(cycle);
        SetAllocationStalls(1);
        _node!.NoteStall();
        Run(cycle);
        var report = Assert.Single(_reports.Written);
        Assert.True(report.Uid == expected, what);
        Assert.Equal(("stall", 12 * Mib), (report.Signal, report.DeficitBytes));
    }

    [Fact]
    public void In_an_emergency_a_victim_that_gives_nothing_back_leaves_the_whole_deficit_to_the_next()
    {
        var (stuck, small, large) = (Start("--mib", "2"), Start("--mib", "2"), Start("--mib", "2"));
        AddContainer("besteffort/podstuck", 600, stuck.Id);
        AddContainer("burstable/podsmall", 30, small.Id);
        AddContainer("podlarge", 400, large.Id);
        SetAvailable(20);
        var cycle = Make(s_policy);
        Run(cycle);
        Assert.Equal("stuck", Assert.Single(_reports.Written).Uid);

        // Its cgroup still says 600 MiB.
        Run(cycle);
        Assert.Equal(["stuck", "large"], _reports.Written.Select(report => report.Uid));
        ProcessState.AssertUntouched(small.Id);
    }

    [Fact]
    public void In_an_emergency_a_victim_that_gives_nothing_back_is_not_waited_for()
    {
        var (stuck, next) = (Start("--mib", "2"), Start("--mib", "2"));
        AddContainer("besteffort/podstuck", 150, stuck.Id);
        AddContainer("burstable/podnext", 150, next.Id);
        SetAvailable(20);
        var cycle = Make(new ReapPolicy { Kill = new KillPolicy { Deadline = TimeSpan.FromMinutes(5) } });
        var clock = System.Diagnostics.Stopwatch.StartNew();
        Run(cycle);
        Assert.True(clock.Elapsed < TimeSpan.FromMinutes(1), $"{clock.Elapsed}");
        Assert.Equal(["stuck", "next"], _reports.Written.Select(report => report.Uid));
        Assert.All(_reports.Written, report => Assert.False(report.Relief.IsFreed));
    }

    [Fact]
    public void Where_swap_is_not_used_who_is_swapped_out_is_no_victim()
    {
        var (idle, hog) = (Start("--mib", "2"), Start("--mib", "2"));
        _cgroups.Add($"kubepods/besteffort/podidle/{Id}", 20 * Mib, 500 * Mib, idle.Id);
        AddContainer("burstable/podhog", 400, hog.Id);
        SetAvailable(60, swapMib: 1000);
        var cycle = Make(s_policy with { Pressure = new PressurePolicy { UseSwap = false } });
        Run(cycle);
        Assert.Equal("hog", Assert.Single(_reports.Written).Uid);
        ProcessState.AssertUntouched(idle.Id);
    }

    [Fact]
    public void A_hog_of_kernel_memory_is_a_victim_like_another()
    {
        var (steady, hog) = (Start("--mib", "2"), Start("--mib", "2"));
        AddContainer("burstable/podsteady", 300, steady.Id);
        var hogPath = AddContainer("besteffort/podhog", 2, hog.Id);
        _cgroups.Write(
            hogPath,
            "memory.stat",
            $"anon {2 * Mib}\nfile 0\nkernel {600 * Mib}\nkernel_stack 0\npagetables 0\npercpu 0\nshmem 0\ninactive_anon 0\nactive_anon 0\n"
            + $"inactive_file 0\nactive_file 0\nunevictable 0\nanon_thp 0\nslab_reclaimable {50 * Mib}\nsock {10 * Mib}\n");
        SetAvailable(60);
        var cycle = Make(s_policy);
        Run(cycle);
        Assert.Equal("hog", Assert.Single(_reports.Written).Uid);
        ProcessState.AssertUntouched(steady.Id);
    }

    // The hog grows to that until the node is short.
    private Written TheDeathFor(string hogPath, int hogMib, int availableBeforeMib)
    {
        SetAvailable(availableBeforeMib);
        var cycle = Make(s_policy);
        Run(cycle);
        cycle.LookAround();
        _cgroups.SetMemory(hogPath, hogMib * Mib);
        SetAvailable(90);
        Run(cycle);
        return Assert.Single(_reports.Written);
    }
}
