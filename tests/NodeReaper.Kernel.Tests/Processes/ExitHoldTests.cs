using NodeReaper.Kernel.Processes;
using NodeReaper.Kernel.Scheduling;
using NodeReaper.Kernel.Syscalls;
using NodeReaper.Kernel.Tests.Victims;

namespace NodeReaper.Kernel.Tests.Processes;

/// <summary>Holds on real victims. Each test is one thread from end to end, as a tracer must be.</summary>
public class ExitHoldTests
{
    private const long Mib = 1 << 20;

    public ExitHoldTests() => Requires.Root();

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(64)]
    public void Fifty_held_victims_in_a_row_are_all_released(int threads)
    {
        for (var i = 0; i < 50; i++)
        {
            using var victim = Victim.Start("--mib", "16", "--threads", $"{threads}");
            Assert.Equal(Errno.None, ExitHold.Seize(victim.Id));
            Assert.Equal(Errno.None, victim.Pidfd.Kill());
            Assert.Equal(Errno.None, victim.Pidfd.ReleaseMemory());
            Victim.LetGo(victim.Id);
            Assert.Equal(KernelConstants.SIGKILL, victim.WaitAndReap());
        }
    }

    [Theory]
    [InlineData("--spin")]
    [InlineData("--thp")]
    [InlineData("--random")]
    [InlineData("--ignore-term")]
    public void A_held_victim_of_another_kind_is_released_too(string kind)
    {
        using var victim = Victim.Start("--mib", "16", "--threads", "2", "--nice", "19", kind);
        HoldKillAndRelease(victim, victim.Id);
        Assert.True(victim.ResidentBytes(victim.Id) < Mib);
        Victim.LetGo(victim.Id);
        victim.WaitAndReap();
    }

    [Fact]
    public void The_memory_is_gone_while_the_victim_is_still_held()
    {
        using var victim = Victim.Start("--mib", "16");
        Assert.True(victim.ResidentBytes(victim.Id) > 16 * Mib);
        HoldKillAndRelease(victim, victim.Id);
        victim.WaitForStop(victim.Id);
        Assert.InRange(victim.ResidentBytes(victim.Id), 0, Mib / 2);
        Assert.False(victim.Pidfd.HasExited());

        // Once more finds nothing to do, which is no error.
        Assert.Equal(Errno.None, victim.Pidfd.ReleaseMemory());
        Victim.LetGo(victim.Id);
        Assert.Equal(KernelConstants.SIGKILL, victim.WaitAndReap());
    }

    [Fact]
    public void The_hold_alone_keeps_the_memory()
    {
        using var victim = Victim.Start("--mib", "16");
        Assert.Equal(Errno.None, ExitHold.Seize(victim.Id));
        victim.Pidfd.Kill();
        victim.WaitForStop(victim.Id);
        Thread.Sleep(50);
        Assert.True(victim.ResidentBytes(victim.Id) > 16 * Mib);
        Assert.False(victim.Pidfd.HasExited());
        Victim.LetGo(victim.Id);
        victim.WaitAndReap();
    }

    [Fact]
    public void Any_live_thread_will_do()
    {
        using var victim = Victim.Start("--mib", "16", "--threads", "8");
        var thread = victim.Threads[5];
        HoldKillAndRelease(victim, thread);
        victim.WaitForStop(thread);
        Assert.InRange(victim.ResidentBytes(thread), 0, Mib / 2);
        Victim.LetGo(thread);
        Assert.Equal(KernelConstants.SIGKILL, victim.WaitAndReap());
    }

    [Fact]
    public void A_leader_that_ended_cannot_be_seized_but_another_thread_can()
    {
        using var victim = Victim.Start("--mib", "16", "--threads", "3", "--leader-exits");
        Eventually.True(() => victim.State(victim.Id) == 'Z', "the first thread ends");
        Assert.Equal(Errno.EPERM, ExitHold.Seize(victim.Id));
        HoldKillAndRelease(victim, victim.Threads[1]);
        Victim.LetGo(victim.Threads[1]);
        Assert.Equal(KernelConstants.SIGKILL, victim.WaitAndReap());
    }

    [Fact]
    public void Seizing_does_not_stop_and_letting_go_before_a_stop_is_EAGAIN()
    {
        using var victim = Victim.Start("--spin");
        Assert.Equal(Errno.None, ExitHold.Seize(victim.Id));
        Assert.Equal(Errno.EAGAIN, ExitHold.TryLetGo(victim.Id));
        Assert.Equal('R', victim.State(victim.Id));

        victim.Pidfd.Kill();
        victim.WaitForStop(victim.Id);
        Assert.False(victim.Pidfd.WaitForExit(20));
        Assert.Equal(Errno.None, ExitHold.TryLetGo(victim.Id));
        Assert.Equal(KernelConstants.SIGKILL, victim.WaitAndReap());
    }

    [Fact]
    public void A_victim_that_is_spared_goes_on_as_before()
    {
        using var victim = Victim.Start("--mib", "4", "--spin");
        Assert.Equal(Errno.None, ExitHold.Seize(victim.Id));
        Assert.Equal(Errno.None, ExitHold.Interrupt(victim.Id));
        Victim.LetGo(victim.Id);
        Eventually.True(() => victim.State(victim.Id) == 'R', "it runs again");
        Assert.True(victim.ResidentBytes(victim.Id) > 4 * Mib);
        Assert.False(victim.Pidfd.HasExited());

        // And can be held again.
        HoldKillAndRelease(victim, victim.Id);
        Victim.LetGo(victim.Id);
        victim.WaitAndReap();
    }

    [Fact]
    public void A_signal_that_came_during_the_hold_is_delivered_by_letting_go()
    {
        using var obedient = Victim.Start();
        using var stubborn = Victim.Start("--ignore-term");
        foreach (var victim in new[] { obedient, stubborn })
        {
            Assert.Equal(Errno.None, ExitHold.Seize(victim.Id));
            victim.Pidfd.Terminate();
            victim.WaitForStop(victim.Id);
            Victim.LetGo(victim.Id);
        }

        Assert.Equal(KernelConstants.SIGTERM, obedient.WaitAndReap());
        Assert.False(stubborn.Pidfd.WaitForExit(20));
    }

    [Fact]
    public void A_victim_that_is_stopped_by_another_signal_is_released_all_the_same()
    {
        using var victim = Victim.Start("--mib", "16");
        Assert.Equal(Errno.None, ExitHold.Seize(victim.Id));
        victim.Pidfd.Terminate();
        victim.WaitForStop(victim.Id);
        Assert.Equal(Errno.None, victim.Pidfd.Kill());
        Assert.Equal(Errno.None, victim.Pidfd.ReleaseMemory());
        Victim.LetGo(victim.Id);
        Assert.Equal(KernelConstants.SIGKILL, victim.WaitAndReap());
    }

    [Fact]
    public void A_second_kill_does_not_open_the_door()
    {
        using var victim = Victim.Start("--mib", "16", "--threads", "4");
        Assert.Equal(Errno.None, ExitHold.Seize(victim.Id));
        victim.Pidfd.Kill();
        victim.WaitForStop(victim.Id);
        for (var i = 0; i < 10; i++)
        {
            Assert.Equal(Errno.None, victim.Pidfd.Kill());
        }

        Assert.False(victim.Pidfd.WaitForExit(50));
        Assert.Equal('t', victim.State(victim.Id));
        Assert.Equal(Errno.None, victim.Pidfd.ReleaseMemory());
        Victim.LetGo(victim.Id);
        victim.WaitAndReap();
    }

    [Fact]
    public void A_tracer_thread_that_ends_lets_go_of_its_victim()
    {
        using var victim = Victim.Start("--mib", "16");
        var seized = Errno.EAGAIN;
        var tracer = new Thread(() =>
        {
            seized = ExitHold.Seize(victim.Id);
            victim.Pidfd.Kill();
            victim.WaitForStop(victim.Id);
            Thread.Sleep(20);
        });
        tracer.Start();
        tracer.Join();
        Assert.Equal(Errno.None, seized);
        Assert.Equal(KernelConstants.SIGKILL, victim.WaitAndReap());
    }

    [Fact]
    public void A_tracer_thread_that_ends_lets_a_living_victim_live()
    {
        using var victim = Victim.Start("--spin");
        var tracer = new Thread(() => ExitHold.Seize(victim.Id));
        tracer.Start();
        tracer.Join();
        Eventually.True(() => File.ReadAllText($"/proc/{victim.Id}/status").Contains("TracerPid:\t0\n", StringComparison.Ordinal), "let go");
        Assert.False(victim.Pidfd.WaitForExit(20));
        Assert.Equal('R', victim.State(victim.Id));
    }

    [Fact]
    public void A_victim_that_is_traced_already_is_EPERM_and_can_be_killed_without_a_hold()
    {
        using var victim = Victim.Start("--mib", "1");
        using var seized = new ManualResetEventSlim();
        using var done = new ManualResetEventSlim();
        var debugger = new Thread(() =>
        {
            ExitHold.Seize(victim.Id);
            seized.Set();
            done.Wait(Eventually.TimeoutMilliseconds, CancellationToken.None);
        });
        debugger.Start();
        seized.Wait(Eventually.TimeoutMilliseconds, CancellationToken.None);
        try
        {
            Assert.Equal(Errno.EPERM, ExitHold.Seize(victim.Id));
            Assert.Equal(Errno.None, victim.Pidfd.Kill());
            Assert.Equal(Errno.None, victim.Pidfd.ReleaseMemory());
        }
        finally
        {
            done.Set();
            debugger.Join();
        }

        victim.WaitAndReap();
    }

    [Fact]
    public void Another_thread_than_the_tracer_cannot_let_go()
    {
        using var victim = Victim.Start("--spin");
        Assert.Equal(Errno.None, ExitHold.Seize(victim.Id));
        var other = Errno.None;
        var stranger = new Thread(() => other = ExitHold.Interrupt(victim.Id));
        stranger.Start();
        stranger.Join();
        Assert.Equal(Errno.ESRCH, other);
        victim.Pidfd.Kill();
        Victim.LetGo(victim.Id);
        victim.WaitAndReap();
    }

    [Fact]
    public void One_that_is_gone_is_ESRCH_and_there_is_nothing_to_let_go()
    {
        using var victim = Victim.Start();
        victim.Pidfd.Kill();
        victim.WaitAndReap();
        Assert.Equal(Errno.ESRCH, ExitHold.Seize(victim.Id));
        Assert.Equal(Errno.ESRCH, ExitHold.Interrupt(victim.Id));
        Assert.Equal(Errno.ECHILD, ExitHold.TryLetGo(victim.Id));
    }

    [Fact]
    public void A_thread_that_called_execve_is_let_go_by_the_ID_of_its_process()
    {
        using var victim = Victim.Start("--threads", "2", "--leader-exits", "--exec-on-term");
        Eventually.True(() => victim.State(victim.Id) == 'Z', "the first thread ends");
        var thread = victim.Threads[1];
        Assert.Equal(Errno.None, ExitHold.Seize(thread));
        Assert.Equal(Errno.EAGAIN, ExitHold.TryLetGo(thread));
        victim.Pidfd.Terminate();
        Eventually.True(() => victim.State(thread) == 'X', "it has another ID");
        Assert.Equal(Errno.ECHILD, ExitHold.TryLetGo(thread));
        Assert.Equal(Errno.EAGAIN, ExitHold.TryLetGo(victim.Id));
        victim.Pidfd.Kill();
        Victim.LetGo(victim.Id);
        Assert.Equal(KernelConstants.SIGKILL, victim.WaitAndReap());
    }

    [Fact]
    public void While_one_that_shares_the_memory_lives_a_release_is_EINVAL()
    {
        using var victim = Victim.Start("--mib", "16", "--vfork-share");
        var sharer = Assert.Single(victim.Children);
        var sharerPidfd = new Pidfd(new FileDescriptor((int)Pidfd.Open(sharer).Value));
        Assert.Equal(Errno.None, ExitHold.Seize(victim.Id));
        victim.Pidfd.Kill();
        Assert.Equal(Errno.EINVAL, victim.Pidfd.ReleaseMemory());
        Assert.True(victim.ResidentBytes(victim.Id) > 16 * Mib);

        Assert.Equal(Errno.None, sharerPidfd.Kill());
        Assert.Equal(Errno.None, victim.Pidfd.ReleaseMemory());
        Assert.True(victim.ResidentBytes(victim.Id) < Mib);
        Victim.LetGo(victim.Id);
        victim.WaitAndReap();
        sharerPidfd.Close();
    }

    [Fact]
    public void Shared_memory_is_not_released()
    {
        using var victim = Victim.Start("--mib", "16", "--shmem-mib", "8");
        HoldKillAndRelease(victim, victim.Id);
        Assert.InRange(victim.ResidentBytes(victim.Id), 8 * Mib, 9 * Mib);
        Victim.LetGo(victim.Id);
        victim.WaitAndReap();
    }

    [Fact]
    public void Locked_memory_is_released_since_Linux_5_18()
    {
        using var victim = Victim.Start("--mlock-mib", "8");
        HoldKillAndRelease(victim, victim.Id);
        var left = victim.ResidentBytes(victim.Id);
        Victim.LetGo(victim.Id);
        victim.WaitAndReap();
        if (Environment.OSVersion.Version < new Version(5, 18))
        {
            Assert.InRange(left, 8 * Mib, 9 * Mib);
        }
        else
        {
            Assert.InRange(left, 0, Mib / 2);
        }
    }

    [Fact]
    public void Holding_killing_releasing_and_letting_go_allocates_nothing()
    {
        using var rehearsal = Victim.Start("--mib", "1");
        using var victim = Victim.Start("--mib", "1");
        Rehearse(rehearsal);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Rehearse(victim);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        static void Rehearse(Victim victim)
        {
            _ = ExitHold.Seize(victim.Id);
            _ = victim.Pidfd.Kill();
            _ = victim.Pidfd.ReleaseMemory();

            // The first call of a native function allocates, so each must be called in the rehearsal.
            do
            {
                SelfProtection.Sleep(100);
            }
            while (ExitHold.TryLetGo(victim.Id) == Errno.EAGAIN);
        }
    }

    private static void HoldKillAndRelease(Victim victim, int threadId)
    {
        Assert.Equal(Errno.None, ExitHold.Seize(threadId));
        Assert.Equal(Errno.None, victim.Pidfd.Kill());
        Assert.Equal(Errno.None, victim.Pidfd.ReleaseMemory());
    }
}
