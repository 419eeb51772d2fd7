using NodeReaper.Kernel.Syscalls;
using static NodeReaper.Kernel.Syscalls.KernelConstants;

namespace NodeReaper.Kernel.Processes;

/// <summary>
/// Holds one thread of a victim at the door of its exit, with its mm still in place, so that
/// <see cref="Pidfd.ReleaseMemory"/> cannot come too late: do_exit() reports PTRACE_EVENT_EXIT before exit_mm()
/// (ptrace(2); kernel/exit.c).
/// </summary>
/// <remarks>
/// A tracer is a thread: seize, look and let go on the same one. When that thread ends, the kernel lets go of all
/// that it held. A held thread in uninterruptible sleep cannot be let go before it wakes: look again later.
/// </remarks>
public static class ExitHold
{
    /// <summary>
    /// Seizes a thread without stopping it. EPERM: traced already, a zombie, or refused by an LSM or for want of
    /// CAP_SYS_PTRACE; ESRCH: gone.
    /// </summary>
    /// <param name="threadId">The thread; a process ID names its leader.</param>
    public static Errno Seize(int threadId) =>
        SyscallResult.FromLibc(NativeMethods.Ptrace(PTRACE_SEIZE, threadId, 0, PTRACE_O_TRACEEXIT)).Error;

    /// <summary>
    /// Lets the thread go if it has reached a stop; it then goes on with its exit.
    /// <see cref="Errno.None"/>: let go. ESRCH or ECHILD: it died, nothing is left to let go.
    /// EAGAIN: it has not stopped yet; call again later.
    /// </summary>
    /// <param name="threadId">The thread that was seized by the calling thread.</param>
    public static unsafe Errno TryLetGo(int threadId)
    {
        int status;
        var waited = SyscallResult.FromLibc(NativeMethods.WaitPid(threadId, &status, WNOHANG | __WALL));
        if (waited.Succeeded)
        {
            if (waited.Value == 0)
            {
                return Errno.EAGAIN;
            }

            // Not a stop: the exit status of a thread that is gone.
            if ((status & 0xff) != 0x7f)
            {
                return Errno.ESRCH;
            }
        }
        else if (waited.Error == Errno.EINTR)
        {
            return Errno.EAGAIN;
        }
        else
        {
            return waited.Error;
        }

        return SyscallResult.FromLibc(NativeMethods.Ptrace(PTRACE_DETACH, threadId, 0, 0)).Error;
    }
}
