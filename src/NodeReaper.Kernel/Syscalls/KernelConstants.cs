namespace NodeReaper.Kernel.Syscalls;

/// <summary>
/// Numbers from the C headers that Tmds.LibC lacks. Named as the headers name them: a test compiles C that compares
/// each with its header, found by this name.
/// </summary>
internal static class KernelConstants
{
    // asm/unistd.h: the same on every architecture since 5.1.
    internal const int SYS_pidfd_send_signal = 424;
    internal const int SYS_pidfd_open = 434;
    internal const int SYS_process_mrelease = 448;

    // signal.h
    internal const int SIGTERM = 15;
    internal const int SIGKILL = 9;

    // linux/kcmp.h
    internal const int KCMP_VM = 1;

    // linux/ptrace.h
    internal const int PTRACE_DETACH = 17;
    internal const int PTRACE_SEIZE = 0x4206;
    internal const int PTRACE_INTERRUPT = 0x4207;
    internal const int PTRACE_O_TRACEEXIT = 0x40;
    internal const int PTRACE_EVENT_EXIT = 6;

    // sys/wait.h
    internal const int WNOHANG = 1;
    internal const int __WALL = 0x40000000;

    // fcntl.h
    internal const int O_RDONLY = 0;
    internal const int O_WRONLY = 1;
    internal const int O_RDWR = 2;
    internal const int O_NONBLOCK = 0x800;
    internal const int O_CLOEXEC = 0x80000;
    internal const int AT_FDCWD = -100;

    // poll.h, sys/epoll.h
    internal const short POLLIN = 1;
    internal const uint EPOLLIN = 1;
    internal const uint EPOLLPRI = 2;
    internal const uint EPOLLERR = 8;
    internal const uint EPOLLHUP = 16;
    internal const int EPOLL_CTL_ADD = 1;
    internal const int EPOLL_CTL_DEL = 2;
    internal const int EPOLL_CLOEXEC = 0x80000;

    // sys/eventfd.h
    internal const int EFD_CLOEXEC = 0x80000;
    internal const int EFD_NONBLOCK = 0x800;

    // sys/mman.h
    internal const int MCL_CURRENT = 1;
    internal const int MCL_FUTURE = 2;
    internal const int MCL_ONFAULT = 4;

    // sched.h, sys/resource.h, sys/prctl.h, time.h
    internal const int SCHED_OTHER = 0;
    internal const int SCHED_RR = 2;
    internal const int SCHED_RESET_ON_FORK = 0x40000000;
    internal const int PRIO_PROCESS = 0;
    internal const int RLIMIT_NOFILE = 7;
    internal const int PR_SET_TIMERSLACK = 29;
    internal const int CLOCK_MONOTONIC = 1;

    // dirent.h
    internal const byte DT_DIR = 4;

    /// <summary>kcmp(2): older than the common numbering.</summary>
    internal static int SYS_kcmp => Architecture.IsArm64 ? 272 : 312;

    /// <summary>O_DIRECTORY: one of the few open flags that differ by architecture.</summary>
    internal static int O_DIRECTORY => Architecture.IsArm64 ? 0x4000 : 0x10000;

    /// <summary>O_NOFOLLOW: another one.</summary>
    internal static int O_NOFOLLOW => Architecture.IsArm64 ? 0x8000 : 0x20000;

    private static class Architecture
    {
        internal static bool IsArm64 =>
            System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.Arm64;
    }
}
