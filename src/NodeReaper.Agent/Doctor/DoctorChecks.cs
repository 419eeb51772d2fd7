namespace NodeReaper.Agent.Doctor;

/// <summary>The checks that only look: what <c>run</c> makes sure of before it starts, and <c>doctor</c> tells.</summary>
internal static class DoctorChecks
{
    internal static IReadOnlyList<DoctorCheck> Environment(string cgroupRoot, string procRoot) =>
    [
        KernelChecks.KernelVersion(),
        KernelChecks.Pressure(procRoot),
        .. CgroupChecks.All(cgroupRoot),
        .. KernelChecks.Capabilities(),
    ];
}
