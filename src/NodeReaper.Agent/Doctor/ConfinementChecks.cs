using NodeReaper.Kernel.Processes;
using NodeReaper.Kernel.Syscalls;

namespace NodeReaper.Agent.Doctor;

/// <summary>Checks of what may keep a container from its work: seccomp, AppArmor or SELinux, Yama.</summary>
internal static class ConfinementChecks
{
    // Of each call that a kill needs, one that touches nobody: without a filter, the kernel refuses the descriptor.
    private static readonly (string Call, Func<Errno> Try)[] s_probes =
    [
        ("pidfd_open", OpenSelf),
        ("pidfd_send_signal", Pidfd.None.Probe),
        ("process_mrelease", Pidfd.None.ReleaseMemory),
    ];

    internal static IEnumerable<DoctorCheck> All(Confinement confinement)
    {
        yield return Seccomp(confinement, s_probes);
        if (confinement.Label is { } label)
        {
            var name = confinement.IsSelinux ? "SELinux" : "AppArmor";
            yield return confinement.IsConfined
                ? DoctorCheck.Warning(
                    name,
                    $"runs as {label}: what it does to other containers may be refused",
                    confinement.IsSelinux ? "set seLinuxOptions.type to spc_t" : "set appArmorProfile.type to Unconfined")
                : DoctorCheck.Ok(name, $"runs as {label}");
        }

        if (confinement.ForbidsTracing)
        {
            yield return DoctorCheck.Warning(
                "Yama", "kernel.yama.ptrace_scope is 3: nobody may trace, so nobody is held at its exit", "boot with kernel.yama.ptrace_scope at 2 or less");
        }
    }

    /// <summary>What a filter refuses; <paramref name="probes"/> are calls that end with something else without one.</summary>
    internal static DoctorCheck Seccomp(Confinement confinement, IEnumerable<(string Call, Func<Errno> Try)> probes)
    {
        if (!confinement.HasSeccompFilter)
        {
            return DoctorCheck.Ok("seccomp", "no filter");
        }

        var refused = probes.Select(probe => (probe.Call, Error: probe.Try())).Where(probe => IsRefusal(probe.Error)).ToArray();
        return refused.Length == 0
            ? DoctorCheck.Ok("seccomp", "the filter lets the calls of a kill pass")
            : DoctorCheck.Warning(
                "seccomp",
                $"the filter refuses {string.Join(", ", refused.Select(probe => $"{probe.Call} ({probe.Error})"))}",
                "set seccompProfile.type to Unconfined, or update the container runtime");
    }

    // ENOSYS is also what a kernel says that lacks the call; the check of the kernel tells that.
    private static bool IsRefusal(Errno error) => error == Errno.EPERM || error == Errno.EACCES || error == Errno.ENOSYS;

    private static Errno OpenSelf()
    {
        var opened = Pidfd.Open(Environment.ProcessId);
        if (opened.Succeeded)
        {
            new FileDescriptor((int)opened.Value).Close();
        }

        return opened.Error;
    }
}
