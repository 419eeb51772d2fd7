using System.Diagnostics;
using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Reporting;
using NodeReaper.Kernel.Cgroups;

namespace NodeReaper.Engine.Verification;

/// <summary>A victim that was killed and is not gone yet, or has not given all back: looked at until it is.</summary>
public struct DrainingVictim
{
    /// <summary>Its cgroup, opened once more, so that it outlasts the container's entry in the tree.</summary>
    public CgroupDirectory Cgroup;

    /// <summary>Who it is.</summary>
    public ReportedCandidate Victim;

    /// <summary>The report that told of its kill; -1 when there was no room for it.</summary>
    public long Incident;

    /// <summary>When its kill was decided, in ticks of <see cref="Stopwatch"/>.</summary>
    public long DecidedAt;

    /// <summary>What it held when it was looked at last.</summary>
    public MemoryUse Left;

    /// <summary>What it held in hugetlb pages then, in bytes.</summary>
    public long HugetlbLeft;

    /// <summary>When it was last seen to have given something back, in ticks.</summary>
    public long ShrankAt;

    /// <summary>When it was seen gone, in ticks; 0: not yet.</summary>
    public long GoneAt;
}
