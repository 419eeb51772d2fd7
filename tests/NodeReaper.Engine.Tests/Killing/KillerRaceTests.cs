using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Killing;
using NodeReaper.Engine.Verification;
using NodeReaper.Kernel.Cgroups;
using NodeReaper.Kernel.Syscalls;
using NodeReaper.Kernel.Tests;
using NodeReaper.Kernel.Tests.Victims;
using static NodeReaper.Engine.Tests.Candidates.Made;

namespace NodeReaper.Engine.Tests.Killing;

/// <summary>Victims that move, fork, call execve or cannot die meanwhile, and deadlines that are over.</summary>
public sealed class KillerRaceTests : KillerTest
{
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
        var pipe = Path.Combine(FakeRoot, "old", "cgroup.kill");
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
            Assert.Equal(Errno.EINVAL, Killer.Processes.ToArray().Single(process => process.ProcessId == leaves.Id).ReleaseError);
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
                    _ = Keep(victim);
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

    [Fact]
    public void One_that_is_stuck_within_execve_does_not_keep_the_kill_waiting()
    {
        // PTRACE_SEIZE waits until the execve is over, which it never is.
        var (cgroup, other) = (Make(), Make());
        Start(cgroup.Path, "--mib", "32", "--stuck-exec");
        var clock = System.Diagnostics.Stopwatch.StartNew();
        var (outcome, relief) = KillAndVerify(KillTarget.Of(cgroup.Directory), KillStrategy.Hold);
        Assert.True(outcome.IsKilled && relief.IsFreed && relief.IsDead);
        Assert.True(clock.ElapsedMilliseconds < Deadline.TotalMilliseconds / 2, $"{clock.ElapsedMilliseconds} ms");
        Assert.Contains(Killer.Processes.ToArray(), process => process.HoldError == Errno.EBUSY);
        EventuallyNoneIsHeld();
        Assert.Empty(cgroup.ProcessIds());

        // And the next one is held again.
        Start(other.Path, "--mib", "8");
        Assert.Equal(1, Kill(KillTarget.Of(other.Directory), KillStrategy.Hold).HeldCount);
        EventuallyNoneIsHeld();
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
            var clock = System.Diagnostics.Stopwatch.StartNew();
            var relief = Verifier.Verify(
                target, outcome, MemoryUse.OfResident(64 * Mib), ReliefProof.Process, TimeSpan.FromMinutes(1), Killer, isUrgent: () => false);
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(30), "nobody waits for a death that may be a long time coming");
            Assert.Equal(Errno.None, Killer.Processes[0].ReleaseError);
            Assert.True(relief.IsFreed);
            Assert.False(relief.IsDead);
            Assert.True(relief.Left.Freeable < Mib);
            Assert.Equal(1, Killer.HeldCount);

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
    public void Reapers_that_get_nowhere_do_not_keep_the_others_from_their_exit()
    {
        using var freezer = new FrozenThreads("reaper-");
        var cgroup = Make();
        Start(cgroup.Path, "--mib", "1", "--procs", "63");
        var emptyAfter = TimeSpan.MaxValue;
        var clock = System.Diagnostics.Stopwatch.StartNew();
        var watch = SideThread.Start(() =>
        {
            Eventually.True(() => !cgroup.Directory.IsPopulated(), "all are dead");
            emptyAfter = clock.Elapsed;
        });
        freezer.Freeze();
        clock.Restart();
        var deadline = TimeSpan.FromSeconds(3);
        var outcome = Kill(KillTarget.Of(cgroup.Directory), KillStrategy.Hold, deadline);
        freezer.Thaw();
        watch.Join();
        Assert.Equal((64, 0), (outcome.HeldCount, outcome.ReleasedAt));
        Assert.True(emptyAfter < deadline - TimeSpan.FromSeconds(1), $"{emptyAfter.TotalMilliseconds} ms");
        EventuallyNoneIsHeld();
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
        _ = Verifier.Verify(target, outcome, MemoryUse.OfResident(320 * Mib), ReliefProof.Process, TimeSpan.Zero, Killer);
        EventuallyNoneIsHeld();
        Eventually.True(() => cgroup.ProcessIds().Length == 0, "all are dead");
    }

    [Fact]
    public void The_verifier_gives_up_at_the_deadline_and_at_once_when_it_is_stopped()
    {
        // One that was refused, and is taken for killed here: it never dies.
        var victim = StartAnywhere("--comm", "pause");
        var target = FakeTarget(victim.Id);
        var outcome = Kill(target, KillStrategy.Signal);
        Assert.Equal(Refusal.Sandbox, outcome.Refusal);
        outcome = outcome with { Refusal = Refusal.None, SignalledAt = outcome.DecidedAt };
        var clock = System.Diagnostics.Stopwatch.StartNew();
        var relief = Verifier.Verify(
            target, outcome, MemoryUse.OfResident(8 * Mib), ReliefProof.Process, TimeSpan.FromMilliseconds(100), Killer);
        Assert.False(relief.IsFreed || relief.IsDead);
        Assert.InRange(clock.ElapsedMilliseconds, 50, 2000);
        Verifier.Stop();
        clock.Restart();
        _ = Verifier.Verify(target, outcome, default, ReliefProof.Process, TimeSpan.FromHours(1), Killer);
        Assert.True(clock.ElapsedMilliseconds < 2000);
    }

    [Fact]
    public void The_end_of_the_killer_lets_go_of_all()
    {
        var cgroup = Make();
        Start(cgroup.Path, "--mib", "64", "--procs", "4");
        using (var killer = new Killer(Proc, new ProcessGuard(Proc), reapers: 1))
        {
            Assert.Equal(5, killer.Kill(KillTarget.Of(cgroup.Directory), KillStrategy.Hold, Mib, TimeSpan.Zero).HeldCount);
        }

        Eventually.True(() => cgroup.ProcessIds().Length == 0, "all are dead");
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
}
