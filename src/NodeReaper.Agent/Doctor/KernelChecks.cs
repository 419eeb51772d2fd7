using System.Globalization;
using NodeReaper.Engine.Policy;
using NodeReaper.Kernel.Pressure;

namespace NodeReaper.Agent.Doctor;

/// <summary>Checks of the kernel, PSI and the agent's own rights.</summary>
internal static class KernelChecks
{
    private static readonly Version s_cgroupKill = new(5, 14);
    private static readonly Version s_release = new(5, 15);

    // Numbers of linux/capability.h.
    private static readonly (int Bit, string Name, bool IsNeeded, string For)[] s_capabilities =
    [
        (5, "CAP_KILL", true, "send signals to containers"),
        (19, "CAP_SYS_PTRACE", false, "hold a victim at its exit"),
        (14, "CAP_IPC_LOCK", false, "lock the agent's memory"),
        (23, "CAP_SYS_NICE", false, "run the kill threads ahead of the load"),
        (24, "CAP_SYS_RESOURCE", false, "lower oom_score_adj and set PSI alarms"),
    ];

    private static readonly (int Bit, string Name, bool IsNeeded, string For) s_toThrottle =
        (21, "CAP_SYS_ADMIN", false, "slow containers down (stages.throttle)");

    internal static DoctorCheck KernelVersion()
    {
        var version = Environment.OSVersion.Version;
        var text = $"Linux {version}";
        if (version < s_cgroupKill)
        {
            return DoctorCheck.Warning("kernel", $"{text}: no cgroup.kill (5.14), no process_mrelease (5.15)", "use Linux 5.15 or later");
        }

        return version < s_release
            ? DoctorCheck.Warning("kernel", $"{text}: no process_mrelease (5.15)", "use Linux 5.15 or later")
            : DoctorCheck.Ok("kernel", text);
    }

    internal static DoctorCheck Pressure(string procRoot, PressurePolicy policy, Confinement confinement)
    {
        var path = Path.Combine(procRoot, "pressure", "memory");
        using var trigger = PsiTrigger.Open(path, PsiKind.Some, (int)policy.Stall.TotalMicroseconds, (int)policy.StallWindow.TotalMicroseconds, out var error);
        if (trigger is not null)
        {
            return DoctorCheck.Ok("psi", $"{path} takes an alarm within {policy.StallWindow.TotalSeconds} s");
        }

        return DoctorCheck.Warning(
            "psi", $"{path}: {error}: no pressure stall alarm; MemAvailable alone would be watched", PressureAdvice.For(error, confinement));
    }

    /// <summary>The capabilities that this process has.</summary>
    /// <param name="throttles">True when the policy has the stage throttle.</param>
    internal static IEnumerable<DoctorCheck> Capabilities(bool throttles)
    {
        var line = File.ReadLines("/proc/self/status").First(l => l.StartsWith("CapEff:", StringComparison.Ordinal));
        var effective = ulong.Parse(line.AsSpan("CapEff:".Length).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        foreach (var (bit, name, isNeeded, purpose) in throttles ? [.. s_capabilities, s_toThrottle] : s_capabilities)
        {
            if ((effective & (1UL << bit)) != 0)
            {
                yield return DoctorCheck.Ok(name, $"held, to {purpose}");
            }
            else
            {
                var fix = $"run as root, or add {name} to the container's capabilities";
                yield return isNeeded
                    ? DoctorCheck.Failed(name, $"missing: cannot {purpose}", fix)
                    : DoctorCheck.Warning(name, $"missing: cannot {purpose}", fix);
            }
        }
    }
}
