using NodeReaper.Engine.Candidates;

namespace NodeReaper.Engine.Recording;

/// <summary>A candidate as a record keeps it: a copy, because its cgroup is used again.</summary>
/// <param name="Facts">All that was seen and followed; without the cgroup.</param>
/// <param name="CgroupId">The kernel's ID of its cgroup.</param>
/// <param name="PathQosClass">The QoS class that the path tells.</param>
/// <param name="Role">What ran in it.</param>
/// <param name="IsNodeCritical">See <see cref="ContainerCgroup.IsNodeCritical"/>.</param>
/// <param name="IsWidened">See <see cref="ContainerCgroup.IsWidened"/>.</param>
public readonly record struct RecordedCandidate(
    Candidate Facts, long CgroupId, QosClass PathQosClass, ContainerRole Role, bool IsNodeCritical, bool IsWidened)
{
    internal int TextStart { get; init; }

    internal int PathLength { get; init; }

    internal int UidLength { get; init; }

    internal int IdLength { get; init; }
}
