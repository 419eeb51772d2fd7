using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Killing;
using NodeReaper.Engine.Tests.Fakes;
using NodeReaper.Engine.Verification;
using NodeReaper.Kernel.Cgroups;
using NodeReaper.Kernel.Syscalls;
using NodeReaper.Kernel.Tests;
using NodeReaper.Kernel.Tests.Victims;
using static NodeReaper.Engine.Tests.Candidates.Made;

namespace NodeReaper.Engine.Tests.Killing;

/// <summary>Real kills of real victims in real cgroups.</summary>
public sealed class KillerTests : KillerTest
{
    public static TheoryData<KillStrategy, string, int> Shapes
    {
        get
        {
            var shapes = new TheoryData<KillStrategy, string, int>();
            // Atomic and Expedite are not in this kernel: they must kill all the same.
            foreach (var strategy in Enum.GetValues<KillStrategy>().Except([KillStrategy.Auto]))
            {
                // How the victim is started; how many processes it then has.
                shapes.Add(strategy, "--mib 32", 1);
                shapes.Add(strategy, "--mib 4 --procs 7", 8);
                shapes.Add(strategy, "--mib 1 --procs 63", 64);
                shapes.Add(strategy, "--mib 1 --procs 99", 100);
                shapes.Add(strategy, "--mib 32 --threads 64", 1);
                shapes.Add(strategy, "--mib 32 --threads 2 --spin --nice 19", 1);
                shapes.Add(strategy, "--mib 32 --threads 4 --leader-exits", 1);
                shapes.Add(strategy, "--mib 4 --procs 3 --threads 4 --leader-exits", 4);
                shapes.Add(strategy, "--mib 32 --zombie", 1);
                shapes.Add(strategy, "--mib 32 --vfork-share", 2);
                shapes.Add(strategy, "--mib 32 --ignore-term", 1);
            }

            return shapes;
        }
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Everything_in_the_cgroup_dies_and_its_memory_is_proven_back(KillStrategy strategy, string options, int processes)
    {
        var cgroup = Make();
        var victim = Start(cgroup.Path, options.Split(' '));
        Eventually.True(() => cgroup.ProcessIds().Length == processes, "all processes are in the cgroup");
        if (options.Contains("--leader-exits", StringComparison.Ordinal))
        {
            WaitUntilLeaderless(victim);
        }

        var (outcome, relief) = KillAndVerify(KillTarget.Of(cgroup.Directory), strategy);
        Assert.Equal((Refusal.None, Errno.None, true), (outcome.Refusal, outcome.SignalError, outcome.IsKilled));
        Assert.Equal(strategy, outcome.Strategy);
        Assert.Equal(processes, outcome.ProcessCount);
        Assert.True(relief.IsFreed, Describe(outcome));
        Assert.True(relief.IsDead, Describe(outcome));
        Assert.True(outcome.DecidedAt <= outcome.SignalledAt && outcome.SignalledAt <= relief.FreedAt);
        Assert.Empty(cgroup.ProcessIds());
        Assert.Equal(Math.Min(processes, VictimProcesses.Followed), Killer.Processes.Length);
        var held = strategy == KillStrategy.Hold ? Math.Min(processes, 64) : 0;
        Assert.Equal(held, outcome.HeldCount);
        foreach (ref readonly var process in Killer.Processes)
        {
            Assert.Equal("victim", process.Name);
            Assert.True(process.DeadAt > 0);
            Assert.True(process.IsReleased);
            Assert.Equal(StrategySteps.Of(strategy).Releases, process.ReleaseAttempts > 0);
            if (process.HeldThread != 0)
            {
                // This is what the hold is for.
                Assert.Equal(Errno.None, process.ReleaseError);
            }
        }

        Assert.Equal(held, Killer.Processes.ToArray().Count(process => process.HeldThread != 0));
        EventuallyNoneIsHeld();
        Assert.Equal(9, victim.WaitAndReap());
    }

    [Fact]
    public void Fifty_held_kills_in_a_row_have_no_ESRCH_and_leave_nothing_open()
    {
        var cgroup = Make();
        var open = new List<int>();
        for (var i = 0; i < 50; i++)
        {
            using var victim = Victim.Start("--cgroup", cgroup.Path, "--mib", "16", "--procs", "2");
            var (outcome, relief) = KillAndVerify(KillTarget.Of(cgroup.Directory), KillStrategy.Hold);
            Assert.Equal(3, outcome.HeldCount);
            Assert.All(Killer.Processes.ToArray(), process => Assert.Equal(Errno.None, process.ReleaseError));
            Assert.True(relief.IsFreed);
            EventuallyNoneIsHeld();
            victim.WaitAndReap();
            open.Add(OpenDescriptors.OfKills(cgroup.Path));
        }

        Assert.Equal(open[0], open[^1]);
    }

    [Fact]
    public void A_single_process_is_killed_and_its_siblings_live()
    {
        var cgroup = Make();
        var sibling = Start(cgroup.Path);
        var victim = Start(cgroup.Path, "--mib", "32");
        var (outcome, relief) = KillAndVerify(new KillTarget(CgroupDirectory.None, victim.Id), KillStrategy.Hold);
        Assert.True(outcome.IsKilled);
        Assert.Equal(1, outcome.HeldCount);
        Assert.True(relief.IsFreed && relief.IsDead);
        Assert.Equal(Errno.None, Killer.Processes[0].ReleaseError);
        EventuallyNoneIsHeld();
        ProcessState.AssertUntouched(sibling.Id);
    }

    [Fact]
    public void A_nested_cgroup_dies_along()
    {
        var cgroup = Make();
        Start(cgroup.Nested("container"), "--mib", "16", "--procs", "1");
        Start(cgroup.Nested("container/deeper"), "--mib", "16");
        Start(cgroup.Path, "--mib", "16");
        var (outcome, relief) = KillAndVerify(KillTarget.Of(cgroup.Directory), KillStrategy.Hold);
        Assert.Equal((4, 4), (outcome.ProcessCount, outcome.HeldCount));
        Assert.True(relief.IsFreed && relief.IsDead);
        Assert.Empty(cgroup.ProcessIds());
        EventuallyNoneIsHeld();
    }

    [Theory]
    [InlineData(KillStrategy.Hold)]
    [InlineData(KillStrategy.Release)]
    [InlineData(KillStrategy.Signal)]
    public void Without_cgroup_kill_each_process_gets_its_signal(KillStrategy strategy)
    {
        var cgroup = Make();
        var target = WithoutCgroupKill(cgroup);
        Start(cgroup.Path, "--mib", "2", "--procs", "15");
        var (outcome, relief) = KillAndVerify(target, strategy);
        Assert.Equal((Errno.None, 16), (outcome.SignalError, outcome.ProcessCount));
        Assert.True(relief.IsFreed && relief.IsDead);
        Assert.All(Killer.Processes.ToArray(), process => Assert.Equal(Errno.None, process.SignalError));
        Assert.Empty(cgroup.ProcessIds());
        EventuallyNoneIsHeld();
    }

    [Fact]
    public void Several_cgroups_die_as_one()
    {
        var (one, other, sandbox) = (Make(), Make(), Make());
        Start(one.Path, "--mib", "16");
        Start(other.Path, "--mib", "4", "--procs", "2");
        var spared = Start(sandbox.Path, "--comm", "pause");
        var target = new KillTarget();
        target.Fill(KillScope.Pod);
        Assert.True(target.Add(one.Directory) && target.Add(other.Directory));
        var (outcome, relief) = KillAndVerify(target, KillStrategy.Hold);
        Assert.Equal((Refusal.None, Errno.None, 4, 4), (outcome.Refusal, outcome.SignalError, outcome.ProcessCount, outcome.HeldCount));
        Assert.True(relief.IsFreed && relief.IsDead);
        Assert.All(Killer.Processes.ToArray(), process => Assert.Equal(Errno.None, process.ReleaseError));
        ProcessState.AssertUntouched(spared.Id);
    }

    [Fact]
    public void The_largest_process_of_a_cgroup_dies_and_the_others_live()
    {
        var cgroup = Make();
        var small = Start(cgroup.Path, "--mib", "4", "--procs", "2");
        var large = Start(cgroup.Path, "--mib", "256");
        var (outcome, relief) = KillAndVerify(new KillTarget(cgroup.Directory, 0), KillStrategy.Hold);
        Assert.Equal((Refusal.None, true, 1), (outcome.Refusal, outcome.IsKilled, Killer.Processes.Length));
        Assert.Equal(large.Id, Killer.Processes[0].ProcessId);
        Assert.True(relief.IsFreed && relief.IsDead);
        ProcessState.AssertUntouched(small.Id);
        Assert.Equal(3, cgroup.ProcessIds().Length);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Who_shares_the_address_space_of_a_process_dies_with_it(bool isInKnownCgroup)
    {
        var cgroup = Make();
        var bystander = Start(cgroup.Path, "--mib", "4");
        var victim = Start(cgroup.Path, "--mib", "32", "--vfork-share");
        var target = new KillTarget(isInKnownCgroup ? cgroup.Directory : CgroupDirectory.None, victim.Id);
        var (outcome, relief) = KillAndVerify(target, KillStrategy.Hold);
        Assert.Equal((Refusal.None, 2, 0), (outcome.Refusal, Killer.Processes.Length, outcome.SharerProcessId));
        Assert.True(relief.IsFreed && relief.IsDead);
        Assert.Equal([bystander.Id], cgroup.ProcessIds());
        ProcessState.AssertUntouched(bystander.Id);
    }

    [Fact]
    public void One_in_a_cgroup_below_that_shares_the_address_space_is_of_the_same_container()
    {
        var cgroup = Make();
        var victim = Start(cgroup.Path, "--mib", "32", "--vfork-share");
        var sharer = cgroup.ProcessIds().Single(id => id != victim.Id);
        File.WriteAllText($"{cgroup.Nested("below")}/cgroup.procs", $"{sharer}");
        var (outcome, relief) = KillAndVerify(new KillTarget(cgroup.Directory, victim.Id), KillStrategy.Hold);
        Assert.Equal((Refusal.None, 2, 0), (outcome.Refusal, Killer.Processes.Length, outcome.SharerProcessId));
        Assert.True(relief.IsFreed && relief.IsDead);
        Assert.Empty(cgroup.ProcessIds());
    }

    // Only the hold can tell: without it, the victim is gone before anybody can ask whom it shared with.
    [Fact]
    public void One_outside_that_shares_the_address_space_is_told_and_lives()
    {
        var (cgroup, elsewhere) = (Make(), Make());
        var victim = Start(cgroup.Path, "--mib", "32", "--vfork-share");
        var sharer = cgroup.ProcessIds().Single(id => id != victim.Id);
        elsewhere.Move(sharer);
        var target = KillTarget.Of(cgroup.Directory);
        var outcome = Kill(target, KillStrategy.Hold, TimeSpan.FromMilliseconds(300));
        var relief = Verifier.Verify(target, outcome, MemoryUse.OfResident(32 * Mib), ReliefProof.Process, TimeSpan.FromMilliseconds(300), Killer);
        Assert.True(outcome.IsKilled);
        Assert.False(relief.IsFreed, "it is not free: the other one has it");
        Assert.True(relief.IsDead);
        Assert.Equal(9, victim.WaitAndReap());
        ProcessState.AssertUntouched(sharer);
        Assert.Equal(sharer, outcome.SharerProcessId);
        Assert.Equal(Errno.EINVAL, Killer.Processes[0].ReleaseError);
    }

    [Fact]
    public void Every_error_of_the_kernel_is_counted()
    {
        var cgroup = Make();
        var victim = Start(cgroup.Path, "--mib", "4");
        Assert.True(Kill(KillTarget.Of(cgroup.Directory), KillStrategy.Atomic).IsKilled);

        // This kernel does not know the flag; after that, the plain release is tried until the victim is dying.
        var count = Killer.Errors.Of(KillCall.Release, Errno.EINVAL);
        Assert.True(count > 0);
        EventuallyNoneIsHeld();
        Assert.Equal(9, victim.WaitAndReap());
        Assert.Contains((KillCall.Release, Errno.EINVAL, count), Killer.Errors.All());
    }

    [Theory]
    [InlineData(KillStrategy.Hold, true)]
    [InlineData(KillStrategy.Hold, false)]
    [InlineData(KillStrategy.Release, true)]
    [InlineData(KillStrategy.Signal, true)]
    public void The_second_kill_and_all_that_follow_allocate_nothing(KillStrategy strategy, bool hasCgroupKill)
    {
        var cgroup = Make();
        var target = hasCgroupKill ? KillTarget.Of(cgroup.Directory) : WithoutCgroupKill(cgroup);
        for (var i = 0; i < 4; i++)
        {
            using var victim = Victim.Start("--cgroup", cgroup.Path, "--mib", "4", "--procs", "3", "--threads", "2", "--leader-exits");
            WaitUntilLeaderless(victim);
            var before = GC.GetAllocatedBytesForCurrentThread();
            var (outcome, relief) = KillAndVerify(target, strategy);
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(outcome.IsKilled && relief.IsFreed);
            EventuallyNoneIsHeld();
            if (i > 0)
            {
                Assert.Equal(0, allocated);
            }
        }
    }

    private static void WaitUntilLeaderless(Victim victim) =>
        Eventually.True(() => victim.State(victim.Id) == 'Z', "its first thread has ended");

    private string Describe(in KillOutcome outcome) => $"{outcome}; " + string.Join(
        "; ", Killer.Processes.ToArray().Select(process => $"{process.ProcessId} hold {process.HoldError} release {process.ReleaseError} dead {process.DeadAt}"));
}
