using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using NodeReaper.Kernel.Scheduling;
using NodeReaper.Kernel.Syscalls;

namespace NodeReaper.Kernel.Tests.Scheduling;

/// <summary>Each step works or gives an error that its documentation names; what it did is undone.</summary>
public partial class SelfProtectionTests
{
    // sys/prctl.h, and the fields of /proc/PID/stat after the name, counted from the state (proc(5)).
    private const int PR_GET_TIMERSLACK = 30;
    private const int NiceField = 16;
    private const int PolicyField = 38;

    [Fact]
    public void Memory_is_locked_or_the_right_to_it_is_missing()
    {
        var error = SelfProtection.LockMemory();
        try
        {
            Assert.True(error.IsNone || error == Errno.EPERM || error == Errno.ENOMEM, $"{error}");
            Assert.Equal(error.IsNone, LockedKilobytes() > 0);
        }
        finally
        {
            _ = UnlockMemory();
        }
    }

    [Fact]
    public void The_OOM_score_is_raised_and_lowered_or_the_right_to_it_is_missing()
    {
        var before = int.Parse(File.ReadAllText("/proc/self/oom_score_adj"), CultureInfo.InvariantCulture);
        try
        {
            Assert.Equal(Errno.None, SelfProtection.SetOomScoreAdjustment(before + 1));
            Assert.Equal($"{before + 1}\n", File.ReadAllText("/proc/self/oom_score_adj"));
            var error = SelfProtection.SetOomScoreAdjustment(-999);
            Assert.True(error.IsNone || error == Errno.EACCES, $"{error}");
            Assert.Equal($"{(error.IsNone ? -999 : before + 1)}\n", File.ReadAllText("/proc/self/oom_score_adj"));
            Assert.Equal(Errno.EINVAL, SelfProtection.SetOomScoreAdjustment(1001));
            Assert.Equal(Errno.EINVAL, SelfProtection.SetOomScoreAdjustment(-1001));
        }
        finally
        {
            _ = SelfProtection.SetOomScoreAdjustment(before);
        }
    }

    [Fact]
    public unsafe void The_limit_of_open_files_is_raised_never_lowered_and_beyond_the_hard_one_only_with_the_right_to()
    {
        ResourceLimit before;
        Assert.Equal(0, NativeMethods.ProcessLimit(0, KernelConstants.RLIMIT_NOFILE, null, &before));
        try
        {
            // Not lower than what is open by now.
            var low = before with { Soft = Math.Min(before.Hard, 2000) };
            Assert.Equal(0, NativeMethods.ProcessLimit(0, KernelConstants.RLIMIT_NOFILE, &low, null));
            Assert.Equal(Errno.None, SelfProtection.RaiseOpenFiles(1000));
            Assert.Equal(low.Soft, SoftLimitOfOpenFiles());
            var more = (int)Math.Min(before.Hard, 3000);
            Assert.Equal(Errno.None, SelfProtection.RaiseOpenFiles(more));
            Assert.Equal((ulong)more, SoftLimitOfOpenFiles());

            // fs.nr_open is a limit even to root.
            Assert.Equal(Errno.EPERM, SelfProtection.RaiseOpenFiles(int.MaxValue));
            Assert.Equal(before.Hard, SoftLimitOfOpenFiles());
        }
        finally
        {
            _ = NativeMethods.ProcessLimit(0, KernelConstants.RLIMIT_NOFILE, &before, null);
        }
    }

    [Fact]
    public void A_thread_becomes_a_real_time_one_or_the_right_to_it_is_missing() => OnItsOwnThread(() =>
    {
        var error = SelfProtection.SetRealTime(1);
        Assert.True(error.IsNone || error == Errno.EPERM, $"{error}");
        Assert.Equal(error.IsNone ? KernelConstants.SCHED_RR : 0, StatField(PolicyField));
        Assert.Equal(Errno.EINVAL, SelfProtection.SetRealTime(0));
        Assert.Equal(Errno.EINVAL, SelfProtection.SetRealTime(100));
    });

    [Fact]
    public void A_thread_is_made_nice_and_less_so_or_the_right_to_it_is_missing() => OnItsOwnThread(() =>
    {
        Assert.Equal(Errno.None, SelfProtection.SetNice(5));
        Assert.Equal(5, StatField(NiceField));
        var error = SelfProtection.SetNice(-20);
        Assert.True(error.IsNone || error == Errno.EACCES || error == Errno.EPERM, $"{error}");
        Assert.Equal(error.IsNone ? -20 : 5, StatField(NiceField));
    });

    [Fact]
    public void A_thread_s_timer_slack_is_set() => OnItsOwnThread(() =>
    {
        Assert.Equal(Errno.None, SelfProtection.SetTimerSlack(1234));
        Assert.Equal(1234, NativeMethods.Prctl(PR_GET_TIMERSLACK, 0, 0, 0, 0));
    });

    [Theory]
    [InlineData(0)]
    [InlineData(500)]
    [InlineData(1_000_001)]
    public void Sleeping_takes_as_long_as_was_asked_and_allocates_nothing(int microseconds)
    {
        SelfProtection.Sleep(0);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var start = Stopwatch.GetTimestamp();
        SelfProtection.Sleep(microseconds);
        var took = Stopwatch.GetElapsedTime(start).TotalMicroseconds;
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.InRange(took, microseconds, microseconds + (Eventually.TimeoutMilliseconds * 1000.0));
    }

    private static void OnItsOwnThread(Action test)
    {
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                test();
            }
            catch (Exception e)
            {
                failure = e;
            }
        });
        thread.Start();
        thread.Join();
        Assert.Null(failure);
    }

    private static long StatField(int afterName)
    {
        var stat = File.ReadAllText("/proc/thread-self/stat");
        return long.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[afterName], CultureInfo.InvariantCulture);
    }

    private static ulong SoftLimitOfOpenFiles()
    {
        var line = File.ReadLines("/proc/self/limits").Single(line => line.StartsWith("Max open files", StringComparison.Ordinal));
        return ulong.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[3], CultureInfo.InvariantCulture);
    }

    private static long LockedKilobytes()
    {
        var line = File.ReadLines("/proc/self/status").Single(line => line.StartsWith("VmLck:", StringComparison.Ordinal));
        return long.Parse(line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }

    [LibraryImport("libc.so.6", EntryPoint = "munlockall")]
    private static partial int UnlockMemory();
}
