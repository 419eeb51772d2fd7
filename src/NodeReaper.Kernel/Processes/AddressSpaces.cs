using NodeReaper.Kernel.Syscalls;
using Tmds.Linux;
using static NodeReaper.Kernel.Syscalls.KernelConstants;

namespace NodeReaper.Kernel.Processes;

/// <summary>Compares address spaces without a reference to either (kcmp(2), CONFIG_KCMP).</summary>
public static class AddressSpaces
{
    /// <summary>
    /// Tells whether two processes share one address space, as after vfork(2) or clone(2) with CLONE_VM. Two that have
    /// dropped theirs, and kernel threads, count as sharing: ask only about one that is held or alive. The value is 1 or 0.
    /// ESRCH: one is gone. EPERM: no CAP_SYS_PTRACE. ENOSYS: a kernel without CONFIG_KCMP.
    /// </summary>
    /// <param name="processId">A process.</param>
    /// <param name="otherProcessId">Another.</param>
    public static SyscallResult AreShared(int processId, int otherProcessId)
    {
        var compared = SyscallResult.FromLibc((long)(nint)(ssize_t)LibC.syscall(SYS_kcmp, processId, otherProcessId, KCMP_VM, 0, 0));
        return compared.Succeeded ? SyscallResult.Of(compared.Value == 0 ? 1 : 0) : compared;
    }
}
