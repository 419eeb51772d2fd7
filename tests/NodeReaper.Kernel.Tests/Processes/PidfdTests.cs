using System.Diagnostics;
using System.Runtime.InteropServices;
using NodeReaper.Kernel.Processes;
using NodeReaper.Kernel.Syscalls;
using NodeReaper.Kernel.Tests.Victims;

namespace NodeReaper.Kernel.Tests.Processes;

public partial class PidfdTests
{
    [Fact]
    public void A_live_process_is_probed_killed_and_waited_for()
    {
        using var victim = Victim.Start("--mib", "1");
        Assert.Equal(Errno.None, victim.Pidfd.Probe());
        Assert.False(victim.Pidfd.HasExited());
        Assert.Equal(Errno.None, victim.Pidfd.Kill());
        Assert.True(victim.Pidfd.WaitForExit(Eventually.TimeoutMilliseconds));
        Assert.True(victim.Pidfd.HasExited());
        Assert.Equal(KernelConstants.SIGKILL, victim.WaitAndReap());
    }

    [Fact]
    public void A_zombie_counts_as_there_until_it_is_waited_for()
    {
        using var victim = Victim.Start();
        victim.Pidfd.Kill();
        Assert.True(victim.Pidfd.WaitForExit(Eventually.TimeoutMilliseconds));
        Assert.Equal('Z', victim.State(victim.Id));
        Assert.Equal(Errno.None, victim.Pidfd.Probe());
        Assert.Equal(Errno.None, victim.Pidfd.Kill());

        victim.WaitAndReap();
        Assert.Equal(Errno.ESRCH, victim.Pidfd.Probe());
        Assert.Equal(Errno.ESRCH, victim.Pidfd.Kill());
        Assert.Equal(Errno.ESRCH, victim.Pidfd.Terminate());
        Assert.True(victim.Pidfd.HasExited());
        Assert.Equal(SyscallResult.Failed(Errno.ESRCH), Pidfd.Open(victim.Id));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    public void An_ID_that_is_not_positive_is_EINVAL(int id) => Assert.Equal(SyscallResult.Failed(Errno.EINVAL), Pidfd.Open(id));

    [Fact]
    public void A_thread_that_leads_no_process_cannot_be_opened()
    {
        using var victim = Victim.Start("--threads", "2");
        var error = Pidfd.Open(victim.Threads[1]).Error;
        Assert.True(error == Errno.EINVAL || error == Errno.ENOENT, $"{error}");
    }

    [Fact]
    public void No_process_is_EBADF_and_has_not_exited()
    {
        var none = Pidfd.None;
        Assert.False(none.IsOpen);
        Assert.Equal(Errno.EBADF, none.Probe());
        Assert.Equal(Errno.EBADF, none.Kill());
        Assert.Equal(Errno.EBADF, none.ReleaseMemory());
        Assert.False(none.HasExited());
        none.Close();
    }

    [Fact]
    public void A_descriptor_that_is_not_open_does_not_say_that_the_process_has_exited()
    {
        var stray = new Pidfd(new FileDescriptor(int.MaxValue));
        Assert.Equal(Errno.EBADF, stray.Probe());
        Assert.False(stray.HasExited());
    }

    [Fact]
    public void Waiting_for_one_that_stays_takes_as_long_as_was_asked()
    {
        using var victim = Victim.Start();
        var clock = Stopwatch.StartNew();
        Assert.False(victim.Pidfd.WaitForExit(50));
        Assert.InRange(clock.ElapsedMilliseconds, 49, Eventually.TimeoutMilliseconds);
    }

    [Fact]
    public void A_signal_does_not_end_the_wait()
    {
        using var victim = Victim.Start();

        // With a handler, so that the signal interrupts calls instead of being ignored.
        var count = 0;
        using var handler = PosixSignalRegistration.Create(PosixSignal.SIGWINCH, _ => Interlocked.Increment(ref count));
        var waiter = GetThreadId();
        var stop = false;
        var sender = new Thread(() =>
        {
            while (!Volatile.Read(ref stop))
            {
                _ = SendToThread(Environment.ProcessId, waiter, 28);
                Thread.Sleep(5);
            }
        });
        sender.Start();
        var clock = Stopwatch.StartNew();
        Assert.False(victim.Pidfd.WaitForExit(100));
        var took = clock.ElapsedMilliseconds;
        victim.Pidfd.Kill();
        Assert.True(victim.Pidfd.WaitForExit(-1));
        Volatile.Write(ref stop, true);
        sender.Join();
        Assert.InRange(took, 99, Eventually.TimeoutMilliseconds);
        Eventually.True(() => Volatile.Read(ref count) > 0, "a signal arrives");
    }

    [Fact]
    public void A_process_whose_first_thread_ended_has_not_exited()
    {
        using var victim = Victim.Start("--threads", "2", "--leader-exits");
        Eventually.True(() => victim.State(victim.Id) == 'Z', "the first thread ends");
        Assert.False(victim.Pidfd.WaitForExit(20));
        Assert.Equal(Errno.None, victim.Pidfd.Kill());
        Assert.Equal(KernelConstants.SIGKILL, victim.WaitAndReap());
    }

    [Fact]
    public void Terminating_ends_one_and_not_one_that_ignores_it()
    {
        using var obedient = Victim.Start();
        using var stubborn = Victim.Start("--ignore-term");
        Assert.Equal(Errno.None, obedient.Pidfd.Terminate());
        Assert.Equal(Errno.None, stubborn.Pidfd.Terminate());
        Assert.Equal(KernelConstants.SIGTERM, obedient.WaitAndReap());
        Assert.False(stubborn.Pidfd.WaitForExit(20));
    }

    [Fact]
    public void Releasing_the_memory_of_a_live_process_is_EINVAL_and_takes_nothing()
    {
        using var victim = Victim.Start("--mib", "16");
        var before = victim.ResidentBytes(victim.Id);
        Assert.Equal(Errno.EINVAL, victim.Pidfd.ReleaseMemory());
        Assert.Equal(before, victim.ResidentBytes(victim.Id));
        Assert.False(victim.Pidfd.HasExited());
    }

    [Fact]
    public void Releasing_the_memory_of_a_dead_process_is_ESRCH()
    {
        using var victim = Victim.Start("--mib", "1");
        victim.Pidfd.Kill();
        Assert.True(victim.Pidfd.WaitForExit(Eventually.TimeoutMilliseconds));
        Assert.Equal(Errno.ESRCH, victim.Pidfd.ReleaseMemory());
        victim.WaitAndReap();
        Assert.Equal(Errno.ESRCH, victim.Pidfd.ReleaseMemory());
    }

    [Fact]
    public void Without_a_hold_a_release_after_the_kill_is_reaped_or_too_late_and_nothing_else()
    {
        for (var i = 0; i < 20; i++)
        {
            using var victim = Victim.Start("--mib", "16");
            victim.Pidfd.Kill();
            var error = victim.Pidfd.ReleaseMemory();
            Assert.True(error == Errno.None || error == Errno.ESRCH, $"{error}");
            victim.WaitAndReap();
        }
    }

    [Fact]
    public void Killing_and_releasing_allocates_nothing()
    {
        using var victim = Victim.Start("--mib", "1");
        using var rehearsal = Victim.Start("--mib", "1");
        Rehearse(rehearsal.Pidfd);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Rehearse(victim.Pidfd);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);

        static void Rehearse(Pidfd pidfd)
        {
            _ = pidfd.Probe();
            _ = pidfd.Kill();
            _ = pidfd.ReleaseMemory();
            _ = pidfd.WaitForExit(1000);
            _ = pidfd.HasExited();
        }
    }

    [LibraryImport("libc.so.6", EntryPoint = "gettid")]
    private static partial int GetThreadId();

    [LibraryImport("libc.so.6", EntryPoint = "tgkill")]
    private static partial int SendToThread(int processId, int threadId, int signal);
}
