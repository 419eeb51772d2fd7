using NodeReaper.Kernel.Syscalls;

namespace NodeReaper.Agent.Doctor;

/// <summary>What to do when the kernel gives no PSI alarm (Documentation/accounting/psi.rst).</summary>
internal static class PressureAdvice
{
    internal static string For(Errno error, Confinement confinement) => error switch
    {
        _ when error == Errno.EOPNOTSUPP || error == Errno.ENOENT => "boot the kernel with psi=1",

        // Without the capability, the kernel takes windows of a multiple of 2 s only.
        _ when error == Errno.EINVAL => "add CAP_SYS_RESOURCE, or set pressure.stallWindow to 2s",
        _ => confinement.AdviceOr("run as root, with CAP_SYS_RESOURCE"),
    };
}
