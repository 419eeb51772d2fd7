using NodeReaper.Engine.Killing;

namespace NodeReaper.Engine.Candidates;

/// <summary>What is known of one container of a Pod.</summary>
/// <param name="Name">Its name in the Pod's spec.</param>
/// <param name="ContainerId">The runtime's ID without the <c>containerd://</c> in front, or null when the Pod's status does not tell.</param>
/// <param name="MemoryRequestBytes">Its memory request in bytes; 0 when it asks for none.</param>
/// <param name="MemoryLimitBytes">Its memory limit in bytes; null when it has none.</param>
/// <param name="KillPriority">What the annotations of the Pod ask for it; not yet granted by the policy.</param>
public sealed record ContainerFacts(
    string Name, string? ContainerId, long MemoryRequestBytes, long? MemoryLimitBytes, KillPriority KillPriority)
{
    /// <summary>True for an init container that goes on (restartPolicy: Always).</summary>
    public bool IsSidecar { get; init; }

    /// <summary>True when the end of its log is its termination message where it wrote none itself (FallbackToLogsOnError).</summary>
    public bool FallsBackToLog { get; init; }
}

/// <summary>What is known of one Pod of this node. It is matched to its cgroup by its UID.</summary>
/// <param name="Uid">metadata.uid, as Kubernetes writes it (with dashes); of a static Pod, its config hash.</param>
/// <param name="Namespace">metadata.namespace.</param>
/// <param name="Name">metadata.name.</param>
/// <param name="QosClass">status.qosClass, or computed from the spec by the Kubernetes rules.</param>
/// <param name="Priority">spec.priority; 0 when not set.</param>
/// <param name="PriorityClassName">spec.priorityClassName; null when not set.</param>
/// <param name="KillPriority">What the Pod's own annotation asks for; not yet granted by the policy.</param>
/// <param name="Containers">Its app containers, sidecars among them.</param>
public sealed record PodFacts(
    string Uid,
    string Namespace,
    string Name,
    QosClass QosClass,
    int Priority,
    string? PriorityClassName,
    KillPriority KillPriority,
    IReadOnlyList<ContainerFacts> Containers)
{
    /// <summary>
    /// The length of a static Pod's UID: a hash that the kubelet makes from its file. The API server's UIDs have dashes, and no
    /// tenant can choose one.
    /// </summary>
    public const int StaticUidLength = 32;

    /// <summary>What the Pod requests as a whole beyond what its containers request themselves, in bytes: for those of them that request nothing.</summary>
    public long SharedRequestBytes { get; init; }

    /// <summary>True when containers run in it one by one before its own, which are not among <see cref="Containers"/>.</summary>
    public bool HasInitContainers { get; init; }

    /// <summary>How much of it dies when one of its containers is chosen.</summary>
    public KillScope KillScope { get; init; }

    /// <summary>What becomes of it after one of its containers was killed.</summary>
    public AfterKill AfterKill { get; init; }

    /// <summary>The UID of what made it and makes others in its place; null when nothing does, or that is not known.</summary>
    public string? Workload { get; init; }

    /// <summary>What kind of object that is (ReplicaSet, DaemonSet, …); null when it is not known.</summary>
    public string? WorkloadKind { get; init; }

    /// <summary>True once it has been deleted, and only has to end.</summary>
    public bool IsTerminating { get; init; }

    /// <summary>How long it wants to have between SIGTERM and the kill; zero when it asks for nothing.</summary>
    public TimeSpan GracePeriod { get; init; }

    /// <summary>spec.terminationGracePeriodSeconds: what it gets from the kubelet; null when that is not known.</summary>
    public TimeSpan? TerminationGracePeriod { get; init; }

    /// <summary>True for a static Pod, which the kubelet runs from a file of the node: its UID says so, and no annotation can.</summary>
    public bool IsStatic => IsStaticUid(Uid);

    /// <summary>True for the UID of a static Pod. The name of its cgroup has it, so that it is known when nothing else is.</summary>
    /// <param name="uid">A Pod's UID.</param>
    public static bool IsStaticUid(ReadOnlySpan<char> uid) => uid.Length == StaticUidLength && !uid.Contains('-');
}
