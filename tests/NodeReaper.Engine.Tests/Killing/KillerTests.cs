using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Killing;
using NodeReaper.Engine.Tests.Fakes;
using NodeReaper.Engine.Verification;
using NodeReaper.Kernel.Cgroups;
using NodeReaper.Kernel.Procfs;
using NodeReaper.Kernel.Syscalls;
using NodeReaper.Kernel.Tests;
using NodeReaper.Kernel.Tests.Victims;
using static NodeReaper.Engine.Tests.Candidates.Made;

namespace NodeReaper.Engine.Tests.Killing;

/// <summary>Real kills of real victims in real cgroups. Each test is one thread from end to end, as a tracer must be.</summary>
public sealed class KillerTests : IDisposable
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(10);

    private readonly List<Victim> _victims = [];
    private readonly List<TestCgroup> _cgroups = [];
    private readonly FakeCgroups _fake;
    private readonly FileDescriptor _procRoot;
    private readonly ProcessFiles _proc;
    private readonly Killer _killer;
    private readonly Verifier _verifier;

    public KillerTests()
    {
        // First: a test that is skipped here is not disposed of.
        Requires.Root();
        _fake = new FakeCgroups();
        _procRoot = FileDescriptor.OpenDirectory("/proc", out _);
        _proc = new ProcessFiles(_procRoot);
        _killer = new Killer(_proc, new ProcessGuard(_proc), reapers: 2);
        _verifier = new Verifier(_proc);
    }

    public void Dispose()
    {
        _killer.Dispose();
        _cgroups.ForEach(cgroup => cgroup.KillAll());
        _victims.ForEach(victim => victim.Dispose());
        _cgroups.ForEach(cgroup => cgroup.Dispose());
        _procRoot.Close();
        _fake.Dispose();
    }

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
        Assert.Equal(Math.Min(processes, VictimProcesses.Followed), _killer.Processes.Length);
        var held = strategy == KillStrategy.Hold ? Math.Min(processes, 64) : 0;
        Assert.Equal(held, outcome.HeldCount);
        foreach (ref readonly var process in _killer.Processes)
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

        Assert.Equal(held, _killer.Processes.ToArray().Count(process => process.HeldThread != 0));
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
            Assert.All(_killer.Processes.ToArray(), process => Assert.Equal(Errno.None, process.ReleaseError));
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
        Assert.Equal(Errno.None, _killer.Processes[0].ReleaseError);
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

    public static TheoryData<string> RefusedNames => ["pause", "containerd-shim", "kubelet", "runc:[2:INIT]", "conmon", "systemd", "crio", "dockerd"];

    [Theory]
    [MemberData(nameof(RefusedNames))]
    public void A_refused_process_saves_its_whole_cgroup_and_nobody_is_touched(string name)
    {
        var cgroup = Make();
        Start(cgroup.Path, "--procs", "3");
        var refused = Start(cgroup.Nested("below"), "--comm", name, "--threads", "3");
        Start(cgroup.Path);
        var outcome = Kill(KillTarget.Of(cgroup.Directory), KillStrategy.Hold);
        var expected = name switch
        {
            "pause" => Refusal.Sandbox,
            "runc:[2:INIT]" => Refusal.Starting,
            _ => Refusal.SystemProcess,
        };
        Assert.Equal((expected, refused.Id, false), (outcome.Refusal, outcome.RefusedProcessId, outcome.IsKilled));
        AssertNobodyWasTouched(cgroup, 6);

        // The same process by itself.
        Assert.Equal(expected, Kill(new KillTarget(CgroupDirectory.None, refused.Id), KillStrategy.Hold).Refusal);
        AssertNobodyWasTouched(cgroup, 6);
    }

    public static TheoryData<string, int, Refusal> RefusedProcesses => new()
    {
        { "PID 1", 1, Refusal.Init },
        { "this program", Environment.ProcessId, Refusal.Self },
        { "a kernel thread", 2, Refusal.NoAddressSpace },
        { "none", int.MaxValue, Refusal.Gone },
    };

    [Theory]
    [MemberData(nameof(RefusedProcesses))]
    public void A_process_that_must_never_die_is_refused_with_its_company(string what, int processId, Refusal refusal)
    {
        if (processId == 2 && !(File.Exists("/proc/2/comm") && File.ReadAllText("/proc/2/comm") == "kthreadd\n"))
        {
            Assert.Skip("needs kthreadd as PID 2: this is a PID namespace of its own");
        }

        var outcome = Kill(new KillTarget(CgroupDirectory.None, processId), KillStrategy.Hold);
        Assert.True(outcome.Refusal == refusal, what);
        Assert.False(outcome.IsKilled);
        if (processId > 2 && processId != Environment.ProcessId)
        {
            return;
        }

        // In a cgroup that lists it, too.
        if (processId != 2)
        {
            var companion = Victim.Start();
            _victims.Add(companion);
            Assert.Equal(refusal, Kill(FakeTarget(processId, companion.Id), KillStrategy.Hold).Refusal);
            ProcessState.AssertUntouched(companion.Id);
        }
    }

    [Fact]
    public void A_zombie_is_refused()
    {
        var victim = Victim.Start("--zombie");
        _victims.Add(victim);
        var zombie = Assert.Single(ProcessState.Children(victim.Id));
        var outcome = Kill(new KillTarget(CgroupDirectory.None, zombie), KillStrategy.Hold);
        Assert.True(outcome.Refusal is Refusal.NoAddressSpace or Refusal.Gone, $"{outcome.Refusal}");
        ProcessState.AssertUntouched(victim.Id);
    }

    [Fact]
    public void A_cgroup_with_processes_of_another_PID_namespace_is_refused()
    {
        var victim = Victim.Start();
        _victims.Add(victim);
        var outcome = Kill(FakeTarget(victim.Id, 0), KillStrategy.Hold);
        Assert.Equal(Refusal.ForeignProcesses, outcome.Refusal);
        ProcessState.AssertUntouched(victim.Id);
    }

    [Fact]
    public void A_cgroup_without_processes_is_gone()
    {
        var cgroup = Make();
        var elsewhere = Make();
        var victim = Start(cgroup.Path);
        elsewhere.Move(victim.Id);
        var outcome = Kill(KillTarget.Of(cgroup.Directory), KillStrategy.Hold);
        Assert.Equal((Refusal.Gone, false), (outcome.Refusal, outcome.IsKilled));
        ProcessState.AssertUntouched(victim.Id);
        Directory.Delete(cgroup.Path);
        Assert.Equal(Refusal.Gone, Kill(KillTarget.Of(cgroup.Directory), KillStrategy.Hold).Refusal);
    }

    [Theory]
    [InlineData(10_000)]
    [InlineData(0)]
    public void A_process_that_left_between_the_seizing_and_the_signal_lives_on_untraced(int deadlineMilliseconds)
    {
        var cgroup = Make();
        var elsewhere = Make();
        var stays = Start(cgroup.Path, "--mib", "8");
        var leaves = Start(cgroup.Path, "--mib", "8", "--threads", "3");

        // A cgroup.kill that waits for a reader, and kills nobody: time enough to leave.
        var target = WithoutCgroupKill(cgroup);
        var pipe = Path.Combine(_fake.Root, "old", "cgroup.kill");
        _ = Tool.Run("mkfifo", "It is part of coreutils.", pipe);
        var leaving = SideThread.Start(() =>
        {
            try
            {
                Eventually.True(() => ProcessState.IsTraced(leaves.Id), "it is seized");
                elsewhere.Move(leaves.Id);
            }
            finally
            {
                _ = File.ReadAllBytes(pipe);
            }
        });
        var outcome = Kill(target, KillStrategy.Hold, TimeSpan.FromMilliseconds(deadlineMilliseconds));
        leaving.Join();
        Assert.Equal((2, true), (outcome.HeldCount, outcome.IsKilled));
        EventuallyNoneIsHeld();
        Assert.Equal(9, stays.WaitAndReap());
        ProcessState.AssertUntouched(leaves.Id);
        Assert.Equal([leaves.Id], elsewhere.ProcessIds());
        if (deadlineMilliseconds > 0)
        {
            Assert.Equal(Errno.EINVAL, _killer.Processes.ToArray().Single(process => process.ProcessId == leaves.Id).ReleaseError);
        }
    }

    [Fact]
    public void A_process_that_moves_between_cgroups_dies_or_lives_on_untraced()
    {
        var here = Make();
        var there = Make();
        using var stop = new CancellationTokenSource();
        var moving = 0;
        var mover = SideThread.Start(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                TryMove(there, Volatile.Read(ref moving));
                TryMove(here, Volatile.Read(ref moving));
            }
        });
        int killed = 0, survived = 0;
        try
        {
            Victim? victim = null;
            var clock = System.Diagnostics.Stopwatch.StartNew();
            while (killed + survived < 100 && clock.ElapsedMilliseconds < 5000)
            {
                if (victim is null)
                {
                    victim = Victim.Start("--cgroup", here.Path, "--mib", "2", "--threads", "2");
                    _victims.Add(victim);
                    Volatile.Write(ref moving, victim.Id);
                }

                var target = KillTarget.Of(here.Directory);
                var outcome = Kill(target, KillStrategy.Hold, TimeSpan.FromMilliseconds(200));
                EventuallyNoneIsHeld();
                if (!outcome.IsKilled)
                {
                    continue;
                }

                if (victim.Pidfd.WaitForExit(50))
                {
                    killed++;
                    Volatile.Write(ref moving, 0);
                    victim.WaitAndReap();
                    victim = null;
                }
                else
                {
                    survived++;
                    ProcessState.AssertUntouched(victim.Id);
                }
            }
        }
        finally
        {
            stop.Cancel();
            mover.Join();
        }

        TestContext.Current.TestOutputHelper!.WriteLine($"{killed} killed, {survived} survived a kill of the cgroup they left");
        Assert.True(killed > 0);
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
        Assert.All(_killer.Processes.ToArray(), process => Assert.Equal(Errno.None, process.SignalError));
        Assert.Empty(cgroup.ProcessIds());
        EventuallyNoneIsHeld();
    }

    [Fact]
    public void Without_cgroup_kill_a_refused_process_still_saves_all()
    {
        var cgroup = Make();
        var target = WithoutCgroupKill(cgroup);
        Start(cgroup.Path, "--procs", "3");
        Start(cgroup.Path, "--comm", "containerd-shim");
        Assert.Equal(Refusal.SystemProcess, Kill(target, KillStrategy.Hold).Refusal);
        AssertNobodyWasTouched(cgroup, 5);
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
        Assert.All(_killer.Processes.ToArray(), process => Assert.Equal(Errno.None, process.ReleaseError));
        ProcessState.AssertUntouched(spared.Id);
    }

    [Fact]
    public void The_largest_process_of_a_cgroup_dies_and_the_others_live()
    {
        var cgroup = Make();
        var small = Start(cgroup.Path, "--mib", "4", "--procs", "2");
        var large = Start(cgroup.Path, "--mib", "256");
        var (outcome, relief) = KillAndVerify(new KillTarget(cgroup.Directory, 0), KillStrategy.Hold);
        Assert.Equal((Refusal.None, true, 1), (outcome.Refusal, outcome.IsKilled, _killer.Processes.Length));
        Assert.Equal(large.Id, _killer.Processes[0].ProcessId);
        Assert.True(relief.IsFreed && relief.IsDead);
        ProcessState.AssertUntouched(small.Id);
        Assert.Equal(3, cgroup.ProcessIds().Length);
    }

    [Fact]
    public void A_process_that_is_not_in_the_cgroup_is_refused()
    {
        var cgroup = Make();
        var stranger = Start(Make().Path, "--mib", "4");
        Start(cgroup.Path, "--mib", "4");
        var outcome = Kill(new KillTarget(cgroup.Directory, stranger.Id), KillStrategy.Hold);
        Assert.Equal((Refusal.LeftCgroup, false), (outcome.Refusal, outcome.IsKilled));
        ProcessState.AssertUntouched(stranger.Id);
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
        Assert.Equal((Refusal.None, 2, 0), (outcome.Refusal, _killer.Processes.Length, outcome.SharerProcessId));
        Assert.True(relief.IsFreed && relief.IsDead);
        Assert.Equal([bystander.Id], cgroup.ProcessIds());
        ProcessState.AssertUntouched(bystander.Id);
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
        var relief = _verifier.Verify(target, outcome, MemoryUse.OfResident(32 * Mib), ReliefProof.Process, TimeSpan.FromMilliseconds(300), _killer);
        Assert.True(outcome.IsKilled);
        Assert.False(relief.IsFreed, "it is not free: the other one has it");
        Assert.True(relief.IsDead);
        Assert.Equal(9, victim.WaitAndReap());
        ProcessState.AssertUntouched(sharer);
        Assert.Equal(sharer, outcome.SharerProcessId);
        Assert.Equal(Errno.EINVAL, _killer.Processes[0].ReleaseError);
    }

    [Fact]
    public void One_that_is_stuck_within_execve_does_not_keep_the_kill_waiting()
    {
        // PTRACE_SEIZE waits until the execve is over, which it never is.
        var (cgroup, other) = (Make(), Make());
        Start(cgroup.Path, "--mib", "32", "--stuck-exec");
        var clock = System.Diagnostics.Stopwatch.StartNew();
        var (outcome, relief) = KillAndVerify(KillTarget.Of(cgroup.Directory), KillStrategy.Hold);
        Assert.True(outcome.IsKilled && relief.IsFreed && relief.IsDead);
        Assert.True(clock.ElapsedMilliseconds < s_deadline.TotalMilliseconds / 2, $"{clock.ElapsedMilliseconds} ms");
        Assert.Contains(_killer.Processes.ToArray(), process => process.HoldError == Errno.EBUSY);
        EventuallyNoneIsHeld();
        Assert.Empty(cgroup.ProcessIds());

        // And the next one is held again.
        Start(other.Path, "--mib", "8");
        Assert.Equal(1, Kill(KillTarget.Of(other.Directory), KillStrategy.Hold).HeldCount);
        EventuallyNoneIsHeld();
    }

    [Fact]
    public void Every_error_of_the_kernel_is_counted()
    {
        var cgroup = Make();
        var victim = Start(cgroup.Path, "--mib", "4");
        Assert.True(Kill(KillTarget.Of(cgroup.Directory), KillStrategy.Atomic).IsKilled);

        // This kernel does not know the flag; after that, the plain release is tried until the victim is dying.
        var count = _killer.Errors.Of(KillCall.Release, Errno.EINVAL);
        Assert.True(count > 0);
        EventuallyNoneIsHeld();
        Assert.Equal(9, victim.WaitAndReap());
        Assert.Contains((KillCall.Release, Errno.EINVAL, count), _killer.Errors.All());
    }

    [Fact]
    public void A_fork_bomb_is_killed_as_a_whole()
    {
        var cgroup = Make();
        Start(cgroup.Path, "--fork-bomb", "2", "--mib", "4");
        Assert.True(Kill(KillTarget.Of(cgroup.Directory), KillStrategy.Hold).IsKilled);
        Eventually.True(() => LetGo() == 0 && cgroup.ProcessIds().Length == 0, "none is held, and the cgroup is empty");
    }

    [Fact]
    public void A_victim_that_cannot_die_gives_its_memory_back_and_is_let_go_when_it_can()
    {
        const string freezer = "/sys/fs/cgroup/freezer";
        if (!File.Exists($"{freezer}/cgroup.procs") || File.Exists($"{freezer}/cgroup.controllers"))
        {
            Assert.Skip("needs the freezer of cgroup v1: a process frozen by it does not die of SIGKILL, as one in uninterruptible sleep");
        }

        var frozen = Directory.CreateDirectory($"{freezer}/nodereaper-test-{Environment.ProcessId}").FullName;
        var cgroup = Make();
        var victim = Start(cgroup.Path, "--mib", "64");
        try
        {
            File.WriteAllText($"{frozen}/cgroup.procs", $"{victim.Id}");
            File.WriteAllText($"{frozen}/freezer.state", "FROZEN");
            Eventually.True(() => File.ReadAllText($"{frozen}/freezer.state") == "FROZEN\n", "the victim is frozen");
            var target = KillTarget.Of(cgroup.Directory);
            var outcome = Kill(target, KillStrategy.Hold);
            var relief = _verifier.Verify(
                target, outcome, MemoryUse.OfResident(64 * Mib), ReliefProof.Process, TimeSpan.FromMilliseconds(500), _killer);
            Assert.Equal(Errno.None, _killer.Processes[0].ReleaseError);
            Assert.True(relief.IsFreed);
            Assert.False(relief.IsDead);
            Assert.True(relief.Left.Freeable < Mib);
            Assert.Equal(1, _killer.HeldCount);

            // Another kill goes on meanwhile, and the one that is held is not forgotten.
            var other = Start(Make().Path, "--mib", "8");
            Assert.True(Kill(new KillTarget(CgroupDirectory.None, other.Id), KillStrategy.Hold).IsKilled);
            Eventually.True(() => LetGo() == 1, "the other one is let go");
            File.WriteAllText($"{frozen}/freezer.state", "THAWED");
            EventuallyNoneIsHeld();
            Assert.Equal(9, victim.WaitAndReap());
        }
        finally
        {
            File.WriteAllText($"{frozen}/freezer.state", "THAWED");
            _ = victim.Pidfd.Kill();
            _ = victim.Pidfd.WaitForExit(Eventually.TimeoutMilliseconds);
            _ = LetGo();
            Eventually.True(() => File.ReadAllText($"{frozen}/cgroup.procs").Length == 0, "the freezer's cgroup is empty");
            Directory.Delete(frozen);
        }
    }

    [Fact]
    public void A_deadline_that_is_over_at_once_still_kills_and_lets_go()
    {
        var cgroup = Make();
        Start(cgroup.Path, "--mib", "64", "--procs", "4");
        var target = KillTarget.Of(cgroup.Directory);
        var outcome = Kill(target, KillStrategy.Hold, TimeSpan.Zero);
        Assert.True(outcome.IsKilled);
        Assert.Equal(5, outcome.HeldCount);
        _ = _verifier.Verify(target, outcome, MemoryUse.OfResident(320 * Mib), ReliefProof.Process, TimeSpan.Zero, _killer);
        EventuallyNoneIsHeld();
        Eventually.True(() => cgroup.ProcessIds().Length == 0, "all are dead");
    }

    [Fact]
    public void The_verifier_gives_up_at_the_deadline_and_at_once_when_it_is_stopped()
    {
        // One that was refused, and is taken for killed here: it never dies.
        var victim = Victim.Start("--comm", "pause");
        _victims.Add(victim);
        var target = FakeTarget(victim.Id);
        var outcome = Kill(target, KillStrategy.Signal);
        Assert.Equal(Refusal.Sandbox, outcome.Refusal);
        outcome = outcome with { Refusal = Refusal.None, SignalledAt = outcome.DecidedAt };
        var clock = System.Diagnostics.Stopwatch.StartNew();
        var relief = _verifier.Verify(
            target, outcome, MemoryUse.OfResident(8 * Mib), ReliefProof.Process, TimeSpan.FromMilliseconds(100), _killer);
        Assert.False(relief.IsFreed || relief.IsDead);
        Assert.InRange(clock.ElapsedMilliseconds, 50, 2000);
        _verifier.Stop();
        clock.Restart();
        _ = _verifier.Verify(target, outcome, default, ReliefProof.Process, TimeSpan.FromHours(1), _killer);
        Assert.True(clock.ElapsedMilliseconds < 2000);
    }

    [Fact]
    public void The_end_of_the_killer_lets_go_of_all()
    {
        var cgroup = Make();
        Start(cgroup.Path, "--mib", "64", "--procs", "4");
        using (var killer = new Killer(_proc, new ProcessGuard(_proc), reapers: 1))
        {
            Assert.Equal(5, killer.Kill(KillTarget.Of(cgroup.Directory), KillStrategy.Hold, Mib, TimeSpan.Zero).HeldCount);
        }

        Eventually.True(() => cgroup.ProcessIds().Length == 0, "all are dead");
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

    [Fact]
    public void A_refusal_allocates_nothing()
    {
        var cgroup = Make();
        Start(cgroup.Path, "--procs", "3");
        Start(cgroup.Path, "--comm", "pause");
        var target = KillTarget.Of(cgroup.Directory);
        Assert.Equal(Refusal.Sandbox, Kill(target, KillStrategy.Hold).Refusal);
        Assert.Equal(0, Allocations.Of(() => Kill(target, KillStrategy.Hold)));
    }

    [Fact]
    public void A_strategy_without_steps_is_a_defect_and_touches_nobody()
    {
        var cgroup = Make();
        Start(cgroup.Path);
        Assert.Throws<ArgumentOutOfRangeException>(() => Kill(KillTarget.Of(cgroup.Directory), KillStrategy.Auto));
        AssertNobodyWasTouched(cgroup, 1);
    }

    private TestCgroup Make()
    {
        _cgroups.Add(TestCgroup.Make());
        return _cgroups[^1];
    }

    private Victim Start(string cgroup, params string[] options)
    {
        _victims.Add(Victim.Start(["--cgroup", cgroup, .. options]));
        return _victims[^1];
    }

    private KillOutcome Kill(in KillTarget target, KillStrategy strategy, TimeSpan? deadline = null) =>
        _killer.Kill(target, strategy, Mib, deadline ?? s_deadline);

    private (KillOutcome Outcome, ReliefResult Relief) KillAndVerify(in KillTarget target, KillStrategy strategy)
    {
        var outcome = Kill(target, strategy);
        return (outcome, _verifier.Verify(target, outcome, MemoryUse.OfResident(Mib), ReliefProof.Process, s_deadline, _killer));
    }

    private void EventuallyNoneIsHeld()
    {
        Eventually.True(() => LetGo() == 0, "none is held");
    }

    // Looks after the last victim as the verifier does.
    private int LetGo()
    {
        _ = _killer.Attend();
        return _killer.HeldCount;
    }

    private static void WaitUntilLeaderless(Victim victim) =>
        Eventually.True(() => victim.State(victim.Id) == 'Z', "its first thread has ended");

    /// <summary>A directory that lists these processes, and nothing more.</summary>
    private KillTarget FakeTarget(params int[] processIds)
    {
        _fake.Add("fake", processIds: processIds);
        return KillTarget.Of(_fake.Open("fake"));
    }

    /// <summary>A cgroup as on a kernel before 5.14: it lists its processes as ever, but has no cgroup.kill.</summary>
    private KillTarget WithoutCgroupKill(TestCgroup cgroup)
    {
        var directory = _fake.AddEmpty("old");
        File.CreateSymbolicLink(Path.Combine(directory, "cgroup.procs"), Path.Combine(cgroup.Path, "cgroup.procs"));
        return KillTarget.Of(_fake.Open("old"));
    }

    private static void AssertNobodyWasTouched(TestCgroup cgroup, int processes)
    {
        var ids = cgroup.ProcessIds();
        Assert.Equal(processes, ids.Length);
        Assert.All(ids, ProcessState.AssertUntouched);
    }

    private static void TryMove(TestCgroup cgroup, int processId)
    {
        try
        {
            if (processId > 0)
            {
                cgroup.Move(processId);
            }
        }
        catch (IOException)
        {
            // It is dead.
        }
    }

    private string Describe(in KillOutcome outcome) => $"{outcome}; " + string.Join(
        "; ", _killer.Processes.ToArray().Select(process => $"{process.ProcessId} hold {process.HoldError} release {process.ReleaseError} dead {process.DeadAt}"));
}
