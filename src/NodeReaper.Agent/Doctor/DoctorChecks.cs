using NodeReaper.Engine.Policy;

namespace NodeReaper.Agent.Doctor;

/// <summary>The checks that only look: what <c>run</c> makes sure of before it starts, and <c>doctor</c> tells.</summary>
internal static class DoctorChecks
{
    internal static IReadOnlyList<DoctorCheck> Environment(string cgroupRoot, string procRoot, ReapPolicy policy)
    {
        var confinement = Confinement.Read(procRoot);
        return
        [
            KernelChecks.KernelVersion(),
            KernelChecks.Pressure(procRoot, policy.Pressure, confinement),
            .. CgroupChecks.All(cgroupRoot, procRoot, confinement),
            .. KernelChecks.Capabilities(throttles: policy.Stages.Throttle is not null),
            .. ConfinementChecks.All(confinement),
        ];
    }
}
