using NodeReaper.Engine.Killing;

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

    /// <summary>True when its files could not be read.</summary>
    public bool IsUnreadable;

    /// <summary>True when it must not be chosen for now (<see cref="ContainerCgroup.IsQuarantined"/>), as it was when it was looked at.</summary>
    public bool IsQuarantined;

    /// <summary>True when a dry run has told of it in this shortage (<see cref="ContainerCgroup.IsToldOf"/>), as it was when it was looked at.</summary>
    public bool IsToldOf;

    /// <summary>True when it was told to end (SIGTERM) in this shortage, whether its time is over or not.</summary>
    public bool IsAskedToEnd;

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

    /// <summary>True when it took much of the memory that went of late; see <see cref="RecentGrowth"/>.</summary>
    public bool IsCause;

    /// <summary>What the deaths of the Pod's other app containers do for the shortage, in bytes, when they die along (<see cref="KillScope.Pod"/>).</summary>
    public long SiblingBytes;

    /// <summary>What of its swap takes no memory, in bytes: all of it on a disk; of what is on zram, what compression saves.</summary>
    public long SwapOnDiskBytes;

    /// <summary>What of <see cref="FreeableBytes"/> is no relief, in bytes: what is swapped out to where the policy uses no swap.</summary>
    public long UselessBytes;

    /// <summary>What its own death does for the shortage, in bytes.</summary>
    public readonly long OwnReliefBytes => Math.Max(0, FreeableBytes - UselessBytes);

    /// <summary>What a kill within its scope does for the shortage, in bytes.</summary>
    public readonly long ReliefBytes => OwnReliefBytes + SiblingBytes;

    /// <summary>How much of its Pod dies with it.</summary>
    public readonly KillScope Scope => Pod?.KillScope switch
    {
        // A wish for more or less than the container is heard once in a shortage: the process may be started again and again, and what is
        // refused among the Pod's others must not protect it.
        { } wish when !Cgroup.IsWidened => wish,
        _ => KillScope.Container,
    };

    /// <summary>True when it dies along when another container of its Pod is chosen and the scope is the Pod.</summary>
    /// <param name="chosen">The one that is chosen.</param>
    public readonly bool DiesAlongWith(in Candidate chosen) =>
        !ReferenceEquals(Cgroup, chosen.Cgroup)
        && Pod is not null && ReferenceEquals(Pod, chosen.Pod)
        && Cgroup.Role == ContainerRole.App
        && Exclusion is Exclusion.None or Exclusion.NothingToFree;

    /// <summary>What a kill gives back, in bytes: at once, and what the kernel gives back a little later.</summary>
    public readonly long FreeableBytes => Memory.Freeable + Memory.UnusualKernel;

    /// <summary>What a kill gives back beyond the request, in bytes; 0 within the request.</summary>
    public readonly long OverRequestBytes => Math.Max(0, FreeableBytes - RequestBytes);

    /// <summary>The kernel's ID of the cgroup, which rises with each new one.</summary>
    public readonly long CgroupId => Cgroup.Id;
}
