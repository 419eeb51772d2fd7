namespace NodeReaper.Benchmarks.Victims;

/// <summary>
/// Where victims' cgroups are made: in cgroup v2, and for what v2 lacks on this machine in the v1 hierarchy of that
/// controller too.
/// </summary>
internal sealed class CgroupPlaces : IDisposable
{
    internal CgroupPlaces()
    {
        V2 = CgroupPlace.InV2();
        HasV2Memory = V2.Controllers.Contains("memory");
        HasV2Cpu = V2.Controllers.Contains("cpu");
        V1Memory = HasV2Memory ? null : CgroupPlace.InV1("memory");
        V1Cpu = HasV2Cpu ? null : CgroupPlace.InV1("cpu");
        if (!HasV2Memory && V1Memory is null)
        {
            throw new IOException("there is no memory controller, neither in cgroup v2 nor in v1");
        }
    }

    internal CgroupPlace V2 { get; }

    internal CgroupPlace? V1Memory { get; }

    internal CgroupPlace? V1Cpu { get; }

    internal bool HasV2Memory { get; }

    internal bool HasV2Cpu { get; }

    public void Dispose()
    {
        V1Cpu?.Dispose();
        V1Memory?.Dispose();
        V2.Dispose();
    }
}
