using System.Text;
using NodeReaper.Engine.Candidates;
using NodeReaper.Kernel.Cgroups;

namespace NodeReaper.Engine.Tests.Candidates;

/// <summary>Candidates, Pods and snapshots made by hand.</summary>
internal static class Made
{
    internal const long Mib = 1L << 20;
    internal const long Gib = 1L << 30;

    internal static Candidate Candidate(
        long freeableBytes = 0,
        string uid = "0f1e2d3c-0000-4000-8000-000000000001",
        int killPriority = 0,
        int podPriority = 0,
        QosClass qosClass = QosClass.BestEffort,
        long requestBytes = 0,
        long growthBytesPerSecond = 0,
        long cgroupId = 1,
        string containerId = "0123456789abcdef")
    {
        var cgroup = new ContainerCgroup();
        var path = $"kubepods/pod{uid}/{containerId}";
        Assert.True(cgroup.Fill(
            cgroupId,
            CgroupDirectory.None,
            qosClass,
            Encoding.UTF8.GetBytes(uid),
            Encoding.UTF8.GetBytes(path),
            Encoding.UTF8.GetBytes(containerId)));
        return new Candidate
        {
            Cgroup = cgroup,
            QosClass = qosClass,
            PodPriority = podPriority,
            KillPriority = killPriority,
            RequestBytes = requestBytes,
            GrowthBytesPerSecond = growthBytesPerSecond,
            Memory = MemoryUse.OfResident(freeableBytes),
        };
    }

    internal static CandidateSnapshot Snapshot(params IReadOnlyList<Candidate> candidates)
    {
        var snapshot = new CandidateSnapshot(Math.Max(1, candidates.Count));
        foreach (var candidate in candidates)
        {
            snapshot.Add() = candidate;
        }

        return snapshot;
    }

    internal static PodFacts Pod(
        string uid = "0f1e2d3c-0000-4000-8000-000000000001",
        string @namespace = "default",
        QosClass qosClass = QosClass.Burstable,
        int priority = 0,
        string? priorityClassName = null,
        KillPriority killPriority = default,
        params IReadOnlyList<ContainerFacts> containers) =>
        new(uid, @namespace, "pod", qosClass, priority, priorityClassName, killPriority, containers);

    internal static ContainerFacts Container(
        string name = "app", string? id = null, long requestBytes = 0, KillPriority killPriority = default) =>
        new(name, id, requestBytes, null, killPriority);
}
