using System.Diagnostics;
using NodeReaper.Kernel.Syscalls;
using Tmds.Linux;
using static NodeReaper.Kernel.Syscalls.KernelConstants;

namespace NodeReaper.Kernel.Processes;

/// <summary>
/// A process file descriptor (pidfd_open(2), Linux 5.3): it names one process for as long as it is open, whatever
/// becomes of the process ID.
/// </summary>
/// <param name="Descriptor">The descriptor.</param>
public readonly record struct Pidfd(FileDescriptor Descriptor)
{
    // PROCESS_MRELEASE_REAP_KILL of the patches posted on linux-mm in 2026; in no released kernel's headers yet.
    private const uint ReapKill = 1;

    /// <summary>No process.</summary>
    public static readonly Pidfd None = new(FileDescriptor.None);

    /// <summary>True when this names a process.</summary>
    public bool IsOpen => Descriptor.IsOpen;

    /// <summary>
    /// Opens a process. The value is the descriptor. ESRCH: no such process; EINVAL: the ID is not positive; EINVAL
    /// or, on newer kernels (seen on 6.18), ENOENT: it is that of a thread that leads no process; EMFILE and ENFILE: no
    /// more descriptors; ENOSYS: a kernel before 5.3.
    /// </summary>
    /// <param name="processId">The process ID in the caller's PID namespace.</param>
    public static SyscallResult Open(int processId) =>
        SyscallResult.FromLibc((long)(nint)(ssize_t)LibC.syscall(SYS_pidfd_open, processId, 0));

    /// <summary>
    /// Sends SIGKILL (pidfd_send_signal(2), Linux 5.1). The group exit is set before this returns, so that
    /// <see cref="ReleaseMemory"/> may follow at once. ESRCH: the process is gone and waited for; EPERM: not allowed.
    /// </summary>
    public Errno Kill() => Send(SIGKILL, 0);

    /// <summary>
    /// Sends SIGKILL with a flag that makes the kernel expedite the exit. No released kernel has one, and none has been
    /// assigned a bit. EINVAL: the kernel does not know the flag; else as <see cref="Kill"/>.
    /// </summary>
    /// <param name="flag">The bit, as the kernel's headers will name it.</param>
    public Errno KillExpedited(uint flag) => Send(SIGKILL, flag);

    /// <summary>Sends SIGTERM. Errors as <see cref="Kill"/>.</summary>
    public Errno Terminate() => Send(SIGTERM, 0);

    /// <summary>
    /// Asks, with the null signal, whether the process still has an entry in the process table. ESRCH: it is gone
    /// and waited for. A zombie still counts as there.
    /// </summary>
    public Errno Probe() => Send(0, 0);

    /// <summary>
    /// Frees the address space of a dying process in the caller's context (process_mrelease(2), Linux 5.15).
    /// 0: reaped, or reaped before. ESRCH: every thread has dropped its mm, which is no proof that memory is free.
    /// EINVAL: the process is not dying, or one that shares its mm is not. EAGAIN: incomplete, call again.
    /// EINTR: interrupted, call again. ENOSYS: the kernel lacks it.
    /// </summary>
    public Errno ReleaseMemory() => Release(0);

    /// <summary>
    /// Kills the process and frees its address space in one call (process_mrelease(2) with PROCESS_MRELEASE_REAP_KILL).
    /// Errors as <see cref="ReleaseMemory"/>; EINVAL also where the kernel does not know the flag.
    /// </summary>
    public Errno KillAndReleaseMemory() => Release(ReapKill);

    /// <summary>
    /// Asks without touching anybody whether the kernel knows <see cref="KillAndReleaseMemory"/>: unknown flags are
    /// refused (EINVAL) before the descriptor is looked at (EBADF).
    /// </summary>
    public static bool KernelKnowsKillAndRelease() => None.KillAndReleaseMemory() == Errno.EBADF;

    /// <summary>True when the process has exited, all its threads with it (poll(2) on a pidfd tells).</summary>
    public bool HasExited() => WaitForExit(0);

    /// <summary>Waits for the process to exit, all its threads with it. A signal does not end the wait.</summary>
    /// <param name="timeoutMilliseconds">How long, in milliseconds; 0 only looks; -1 for ever.</param>
    /// <returns>True when it has exited; false when not, or when this names no process.</returns>
    public unsafe bool WaitForExit(int timeoutMilliseconds)
    {
        var request = new PollRequest { Descriptor = Descriptor.Number, Events = POLLIN };
        var ticksPerMillisecond = Stopwatch.Frequency / 1000;
        var end = Stopwatch.GetTimestamp() + (timeoutMilliseconds * ticksPerMillisecond);
        var left = timeoutMilliseconds;
        while (true)
        {
            var polled = SyscallResult.FromLibc(NativeMethods.Poll(&request, 1, left));
            if (polled.Error != Errno.EINTR)
            {
                // Not every event is an exit: a descriptor that is not open gives POLLNVAL.
                return polled.Succeeded && (request.Returned & POLLIN) != 0;
            }

            // The end of a child or the stop of a held victim is itself a signal.
            var ticks = Math.Max(0, end - Stopwatch.GetTimestamp());
            left = timeoutMilliseconds < 0 ? -1 : (int)((ticks + ticksPerMillisecond - 1) / ticksPerMillisecond);
        }
    }

    /// <summary>Closes the descriptor; the process is not touched.</summary>
    public void Close() => Descriptor.Close();

    private Errno Send(int signal, uint flags) =>
        SyscallResult.FromLibc((long)(nint)(ssize_t)LibC.syscall(SYS_pidfd_send_signal, Descriptor.Number, signal, 0, flags)).Error;

    private Errno Release(uint flags) =>
        SyscallResult.FromLibc((long)(nint)(ssize_t)LibC.syscall(SYS_process_mrelease, Descriptor.Number, flags)).Error;
}
