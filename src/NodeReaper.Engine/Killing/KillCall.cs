namespace NodeReaper.Engine.Killing;

/// <summary>The system calls of the kill path, and of the stages before it, whose errors are counted.</summary>
public enum KillCall
{
    /// <summary>pidfd_open of a process of the victim.</summary>
    Open,

    /// <summary>ptrace(PTRACE_SEIZE).</summary>
    Seize,

    /// <summary>A write to cgroup.kill.</summary>
    CgroupKill,

    /// <summary>pidfd_send_signal(SIGKILL).</summary>
    Signal,

    /// <summary>process_mrelease.</summary>
    Release,

    /// <summary>waitpid and ptrace(PTRACE_DETACH).</summary>
    LetGo,

    /// <summary>kcmp.</summary>
    Compare,

    /// <summary>sched_setscheduler or setpriority of a dying thread.</summary>
    Urge,

    /// <summary>A write to cpu.max or cpu.weight.</summary>
    CpuLimit,

    /// <summary>pidfd_open and pidfd_send_signal(SIGTERM) of a container's main process.</summary>
    Terminate,

    /// <summary>A write to memory.high, or to the mark that it is ours.</summary>
    Throttle,

    /// <summary>A write to memory.reclaim.</summary>
    Reclaim,

    /// <summary>A write to cgroup.freeze.</summary>
    Freeze,
}
