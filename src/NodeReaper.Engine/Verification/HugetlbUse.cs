using NodeReaper.Kernel.Cgroups;

namespace NodeReaper.Engine.Verification;

/// <summary>
/// What a cgroup holds in hugetlb pages, which memory.current does not count and no reap takes
/// (hugetlb.SIZE.current; Documentation/admin-guide/cgroup-v2.rst).
/// </summary>
public static class HugetlbUse
{
    /// <summary>Bytes in 2 MiB and 1 GiB pages; 0 also where the cgroup has no hugetlb controller.</summary>
    /// <param name="cgroup">The cgroup.</param>
    public static long Read(CgroupDirectory cgroup)
    {
        _ = cgroup.ReadValue("hugetlb.2MB.current\0"u8, out var large);
        _ = cgroup.ReadValue("hugetlb.1GB.current\0"u8, out var huge);
        return large + huge;
    }
}
