using System.Diagnostics;
using NodeReaper.Engine.Candidates;
using NodeReaper.Kernel.Cgroups;

namespace NodeReaper.Benchmarks.Contenders;

/// <summary>One write to cgroup.kill and nothing else: the victim frees its memory.</summary>
internal sealed class KillCgroup : IContender
{
    public string Name => "cgroup.kill";

    public KillAnswer Kill(CgroupDirectory cgroup, in MemoryUse before, TimeSpan deadline)
    {
        _ = cgroup.Kill();
        return new KillAnswer(default, Stopwatch.GetTimestamp());
    }
}
