using NodeReaper.Kernel.Syscalls;
using static NodeReaper.Kernel.Syscalls.KernelConstants;

namespace NodeReaper.Kernel.Scheduling;

/// <summary>Gets a dying thread of another process to run, so that its exit comes to an end.</summary>
public static class ThreadUrgency
{
    private const int LowestRealTimePriority = 1;
    private const int HighestNice = -20;

    /// <summary>
    /// Gives a thread the lowest real-time priority (sched_setscheduler(2), SCHED_RR), which neither the CPU quota and
    /// weight of its cgroup nor its own nice value or SCHED_IDLE hold back.
    /// EPERM: no CAP_SYS_NICE, or its cgroup has no real-time budget (CONFIG_RT_GROUP_SCHED). ESRCH: it is gone.
    /// </summary>
    /// <param name="threadId">The thread.</param>
    public static unsafe Errno MakeRealTime(int threadId)
    {
        var priority = LowestRealTimePriority;
        return SyscallResult.FromLibc(NativeMethods.SetScheduler(threadId, SCHED_RR | SCHED_RESET_ON_FORK, &priority)).Error;
    }

    /// <summary>
    /// Takes a thread out of SCHED_IDLE and gives it nice -20, the most that is not real time.
    /// EPERM or EACCES: no CAP_SYS_NICE. ESRCH: it is gone.
    /// </summary>
    /// <param name="threadId">The thread.</param>
    public static unsafe Errno MakeNice(int threadId)
    {
        var priority = 0;
        _ = NativeMethods.SetScheduler(threadId, SCHED_OTHER, &priority);
        return SyscallResult.FromLibc(NativeMethods.SetPriority(PRIO_PROCESS, (uint)threadId, HighestNice)).Error;
    }
}
