namespace NodeReaper.Engine.Candidates;

/// <summary>A container as the ranking sees it: its cgroup, its Pod, and what it uses at this moment.</summary>
public struct Candidate
{
    /// <summary>Its cgroup.</summary>
    public ContainerCgroup Cgroup;

    /// <summary>Its Pod, or null when no Pod of that UID is known.</summary>
    public PodFacts? Pod;

    /// <summary>Its container in the Pod's spec, or null when it cannot be told which one it is.</summary>
    public ContainerFacts? Container;

    /// <summary>Why it cannot be a victim.</summary>
    public Exclusion Exclusion;

    /// <summary>Its QoS class: the Pod's, or else what the cgroup path says.</summary>
    public QosClass QosClass;

    /// <summary>spec.priority; 0 when no Pod is known.</summary>
    public int PodPriority;

    /// <summary>The kill priority that the policy granted; higher dies first.</summary>
    public int KillPriority;

    /// <summary>Its memory request in bytes; 0 when it has none, or when no Pod is known.</summary>
    public long RequestBytes;

    /// <summary>What its memory consists of.</summary>
    public MemoryUse Memory;

    /// <summary>Bytes a second by which it grew since it was last looked at; 0 when it shrank.</summary>
    public long GrowthBytesPerSecond;

    /// <summary>What a kill gives back, in bytes.</summary>
    public readonly long FreeableBytes => Memory.Freeable;

    /// <summary>What a kill gives back beyond the request, in bytes; 0 within the request.</summary>
    public readonly long OverRequestBytes => Math.Max(0, Memory.Freeable - RequestBytes);

    /// <summary>The kernel's ID of the cgroup, which rises with each new one.</summary>
    public readonly long CgroupId => Cgroup.Id;
}
