using System.Buffers;
using System.Collections.ObjectModel;
using NodeReaper.Engine.Candidates;

namespace NodeReaper.Agent.Kubernetes;

/// <summary>What a manifest or the API says of a Pod, before it is made into what the engine needs to know.</summary>
/// <param name="Uid">What its cgroup is named after: metadata.uid; of a static Pod, its config hash.</param>
/// <param name="Namespace">metadata.namespace.</param>
/// <param name="Name">metadata.name.</param>
/// <param name="QosClass">status.qosClass; null when it is to be computed.</param>
/// <param name="Priority">spec.priority.</param>
/// <param name="PriorityClassName">spec.priorityClassName.</param>
/// <param name="Needs">spec.resources.</param>
/// <param name="Containers">Its containers, init containers too.</param>
/// <param name="ContainerIds">The IDs in its status, by the container's name, as the status writes them.</param>
/// <param name="Annotations">Its annotations, of this agent and maybe others.</param>
internal sealed record PodDescription(
    string Uid,
    string Namespace,
    string Name,
    QosClass? QosClass,
    int Priority,
    string? PriorityClassName,
    ResourceNeeds Needs,
    IReadOnlyList<ManifestContainer> Containers,
    IReadOnlyDictionary<string, string> ContainerIds,
    IEnumerable<PodAnnotation> Annotations)
{
    private static readonly SearchValues<char> s_uidLetters =
        SearchValues.Create("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-");

    private static readonly SearchValues<char> s_labelLetters = SearchValues.Create("0123456789abcdefghijklmnopqrstuvwxyz-");

    // A tenant can write more than a TimeSpan can hold. The kubelet takes what is below zero for a second.
    private const long LongestGrace = 24 * 60 * 60;

    /// <summary>spec.terminationGracePeriodSeconds; null when it is not said.</summary>
    internal long? TerminationGraceSeconds { get; init; }

    /// <summary>
    /// The memory that the kubelet has set aside, by the container's name (status.containerStatuses[].allocatedResources): a request that was
    /// raised meanwhile is a wish, which the node may not have room for.
    /// </summary>
    internal IReadOnlyDictionary<string, decimal> AllocatedMemory { get; init; } = ReadOnlyDictionary<string, decimal>.Empty;

    /// <summary>Its ephemeral containers (kubectl debug), with the IDs in its status: they request nothing.</summary>
    internal IReadOnlyList<KeyValuePair<string, string>> EphemeralContainers { get; init; } = [];

    /// <summary>The UID of its controller; null when it has none.</summary>
    internal string? Workload { get; init; }

    /// <summary>The kind of its controller; null when it has none.</summary>
    internal string? WorkloadKind { get; init; }

    /// <summary>True when it has been deleted.</summary>
    internal bool IsTerminating { get; init; }

    /// <summary>True for what a cgroup can be named after.</summary>
    internal static bool IsUid(string text) => text.Length is > 0 and <= KubepodsName.MaxUidLength && !text.AsSpan().ContainsAnyExcept(s_uidLetters);

    /// <summary>True for a DNS label, as the name of a container is.</summary>
    internal static bool IsContainerName(string text) => text.Length is > 0 and <= 63 && !text.AsSpan().ContainsAnyExcept(s_labelLetters);

    /// <summary>Makes it into facts.</summary>
    /// <param name="findings">Takes what is wrong with its annotations.</param>
    internal PodFacts ToFacts(ManifestFindings findings)
    {
        var wishes = PodAnnotations.Read(Annotations, Containers, $"{Namespace}/{Name}", findings);
        return new PodFacts(
            Uid,
            Namespace,
            Name,
            QosClass ?? QosRules.Compute(Needs, Containers),
            Priority,
            PriorityClassName,
            wishes.Pod,
            [
                .. Containers.Where(container => container.Kind != ContainerKind.Init).Select(container => FactsOf(container, wishes)),
                .. EphemeralContainers.Select(each => new ContainerFacts(each.Key, WithoutScheme(each.Value), 0, null, wishes.Of(each.Key))),
            ])
        {
            SharedRequestBytes = Quantity.BytesOf(SharedRequest()),
            HasInitContainers = Containers.Any(container => container.Kind == ContainerKind.Init),
            KillScope = wishes.Scope,
            GracePeriod = wishes.GracePeriod,
            TerminationGracePeriod = TerminationGraceSeconds is { } seconds
                ? TimeSpan.FromSeconds(seconds < 0 ? 1 : Math.Min(seconds, LongestGrace))
                : null,
            AfterKill = wishes.AfterKill,
            Workload = Workload,
            WorkloadKind = WorkloadKind,
            IsTerminating = IsTerminating,
        };
    }

    private ContainerFacts FactsOf(ManifestContainer container, PodAnnotations wishes) => new(
        container.Name,
        ContainerIds.TryGetValue(container.Name, out var id) ? WithoutScheme(id) : null,
        Quantity.BytesOf(RequestOf(container)),

        // A limit of zero is none: that is what the kubelet makes of it.
        container.Needs.Limits.Memory is > 0 and var limit ? Quantity.BytesOf(limit) : null,
        wishes.Of(container.Name))
    {
        IsSidecar = container.Kind == ContainerKind.Sidecar,
        FallsBackToLog = container.FallsBackToLog,
    };

    private decimal RequestOf(ManifestContainer container)
    {
        var own = container.Needs.Requests.Memory ?? 0;
        return AllocatedMemory.TryGetValue(container.Name, out var allocated) ? Math.Min(own, allocated) : own;
    }

    private decimal SharedRequest() => Math.Max(
        0,
        (QosRules.WithPodDefaults(Needs, Containers).Requests.Memory ?? 0)
            - Containers.Where(container => container.Kind != ContainerKind.Init).Sum(container => container.Needs.Requests.Memory ?? 0));

    // containerd://ID, cri-o://ID, docker://ID
    private static string WithoutScheme(string id) =>
        id[(id.IndexOf("://", StringComparison.Ordinal) is >= 0 and var scheme ? scheme + "://".Length : 0)..];
}
