using NodeReaper.Kernel.Syscalls;
using Tmds.Linux;
using static NodeReaper.Kernel.Syscalls.KernelConstants;

namespace NodeReaper.Kernel.Scheduling;

/// <summary>
/// What keeps the agent itself running while the node has no memory left. Each step is optional: the answer is an
/// errno, and the caller goes on without.
/// </summary>
public static class SelfProtection
{
    /// <summary>
    /// Keeps every page that is or will be touched in memory (mlockall(2) with MCL_ONFAULT, so that the reservation of
    /// the GC's heap is not filled). EPERM: no CAP_IPC_LOCK; ENOMEM: RLIMIT_MEMLOCK.
    /// </summary>
    public static Errno LockMemory() => SyscallResult.FromLibc(LibC.mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT)).Error;

    /// <summary>
    /// Asks the kernel's OOM killer to take others first (proc(5), /proc/self/oom_score_adj).
    /// EACCES: lowering it needs CAP_SYS_RESOURCE.
    /// </summary>
    /// <param name="adjustment">-1000 (never) to 1000 (first).</param>
    public static Errno SetOomScoreAdjustment(int adjustment)
    {
        var file = FileDescriptor.OpenReadWrite("/proc/self/oom_score_adj", out var error);
        if (!file.IsOpen)
        {
            return error;
        }

        error = file.Write(System.Text.Encoding.ASCII.GetBytes($"{adjustment}\n")).Error;
        file.Close();
        return error;
    }

    /// <summary>
    /// Makes room for so many open files (prlimit(2), RLIMIT_NOFILE), or for as many as is allowed. EPERM: beyond the hard
    /// limit, which needs CAP_SYS_RESOURCE, or beyond fs.nr_open.
    /// </summary>
    /// <param name="files">How many, above 0. A limit that is higher already stays.</param>
    public static unsafe Errno RaiseOpenFiles(int files)
    {
        ResourceLimit limit;
        var error = SyscallResult.FromLibc(NativeMethods.ProcessLimit(0, RLIMIT_NOFILE, null, &limit)).Error;
        if (!error.IsNone || limit.Soft >= (ulong)files)
        {
            return error;
        }

        var wanted = new ResourceLimit { Soft = (ulong)files, Hard = Math.Max(limit.Hard, (ulong)files) };
        error = SyscallResult.FromLibc(NativeMethods.ProcessLimit(0, RLIMIT_NOFILE, &wanted, null)).Error;
        if (!error.IsNone)
        {
            limit.Soft = limit.Hard;
            _ = NativeMethods.ProcessLimit(0, RLIMIT_NOFILE, &limit, null);
        }

        return error;
    }

    /// <summary>
    /// Puts the calling thread ahead of all normal ones (sched_setscheduler(2), SCHED_RR with SCHED_RESET_ON_FORK).
    /// EPERM: no CAP_SYS_NICE, or a cgroup v1 cpu controller without a real-time budget.
    /// </summary>
    /// <param name="priority">1 (low) to 99 (high).</param>
    public static unsafe Errno SetRealTime(int priority) =>
        SyscallResult.FromLibc(NativeMethods.SetScheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, &priority)).Error;

    /// <summary>Sets the calling thread's nice value (setpriority(2)). EACCES or EPERM: no CAP_SYS_NICE.</summary>
    /// <param name="nice">-20 (most CPU) to 19 (least).</param>
    public static Errno SetNice(int nice) =>
        SyscallResult.FromLibc(NativeMethods.SetPriority(PRIO_PROCESS, 0, nice)).Error;

    /// <summary>Makes the calling thread's short sleeps end on time (prctl(2), PR_SET_TIMERSLACK).</summary>
    /// <param name="nanoseconds">How much later than asked a sleep may end, in nanoseconds, above 0.</param>
    public static Errno SetTimerSlack(int nanoseconds) =>
        SyscallResult.FromLibc(NativeMethods.Prctl(PR_SET_TIMERSLACK, (nuint)nanoseconds, 0, 0, 0)).Error;

    /// <summary>Sleeps on the monotonic clock (clock_nanosleep(2)); a signal may end it early. Allocates nothing.</summary>
    /// <param name="microseconds">How long, in microseconds.</param>
    public static unsafe void Sleep(int microseconds)
    {
        var time = new TimeSpecification { Seconds = microseconds / 1_000_000, Nanoseconds = microseconds % 1_000_000 * 1000L };
        _ = NativeMethods.ClockNanosleep(CLOCK_MONOTONIC, 0, &time, null);
    }
}
