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
    /// Makes a seized thread stop though it is not dying, so that <see cref="TryLetGo"/> can let it go: for a process
    /// that was spared after all. ESRCH: it is gone, or dying already.
    /// </summary>
    /// <param name="threadId">The thread that was seized by the calling thread.</param>
    public static Errno Interrupt(int threadId) =>
        SyscallResult.FromLibc(NativeMethods.Ptrace(PTRACE_INTERRUPT, threadId, 0, 0)).Error;

    /// <summary>
    /// Lets the thread go if it has reached a stop; it then goes on with its exit, or with what it did. A signal that
    /// was about to be delivered to it is delivered.
    /// <see cref="Errno.None"/>: let go. ESRCH: it died. ECHILD: no thread of this ID is held by the calling thread; execve gives the one that
    /// calls it the ID of its process. EAGAIN: it has not stopped yet. That and any other error: it is still held; call again later.
    /// </summary>
    /// <param name="threadId">The thread that was seized by the calling thread.</param>
    public static unsafe Errno TryLetGo(int threadId)
    {
        int status;
        var waited = SyscallResult.FromLibc(NativeMethods.WaitPid(threadId, &status, WNOHANG | __WALL));
        var isNews = waited is { Succeeded: true, Value: > 0 };
        if (isNews && (status & 0xff) != 0x7f)
        {
            // Not WIFSTOPPED: the exit status of a thread that is gone.
            return Errno.ESRCH;
        }

        // The upper half names a ptrace event; without one, the tracee is about to get the signal. Without news, the stop may
        // have been told to another thread of this program that waits for children, as the .NET runtime does.
        var signal = isNews && status >> 16 == 0 ? (status >> 8) & 0xff : 0;
        var detached = SyscallResult.FromLibc(NativeMethods.Ptrace(PTRACE_DETACH, threadId, 0, signal)).Error;
        if (detached != Errno.ESRCH)
        {
            return detached;
        }

        // It is not stopped, or a SIGKILL took it out of its stop meanwhile and it is on its way to the one at its exit; or it is
        // none of ours. A single answer is not enough for that: whoever is forgotten stays at its stop for as long as this thread lives.
        return waited.Error == Errno.ECHILD && Interrupt(threadId) == Errno.ESRCH ? Errno.ECHILD : Errno.EAGAIN;
    }
}
