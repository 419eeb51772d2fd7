using System.Buffers;
using NodeReaper.Engine.Candidates;

namespace NodeReaper.Agent.Kubernetes.Api;

/// <summary>Reads what the API says of a Pod.</summary>
internal static class PodObjects
{
    private const int MaxContainers = 1000;
    private static readonly SearchValues<char> s_hexDigits = SearchValues.Create("0123456789abcdef");

    /// <summary>Makes a description of it.</summary>
    /// <param name="pod">The Pod.</param>
    /// <exception cref="FormatException">It is not what the API server accepts; the message names the field.</exception>
    internal static PodDescription Describe(PodObject pod)
    {
        var metadata = pod.Metadata ?? throw new FormatException("metadata is missing");
        var spec = pod.Spec ?? throw new FormatException("spec is missing");
        var uid = Required(metadata.Uid, "metadata.uid");
        var cgroupUid = IsMirror(pod) && ValueOf(metadata, AnnotationsConverter.Hash) is { } hash ? hash : uid;
        if (!PodDescription.IsUid(cgroupUid))
        {
            throw new FormatException("metadata.uid is not a UID");
        }

        var owner = metadata.OwnerReferences?.FirstOrDefault(owner => owner?.Controller == true && PodDescription.IsUid(owner.Uid ?? ""));
        return new PodDescription(
            cgroupUid,
            Required(metadata.Namespace, "metadata.namespace"),
            Required(metadata.Name, "metadata.name"),
            Enum.TryParse<QosClass>(pod.Status?.QosClass, out var qosClass) && Enum.IsDefined(qosClass) ? qosClass : null,
            spec.Priority ?? 0,
            Text(spec.PriorityClassName, "spec.priorityClassName"),
            NeedsOf(spec.Resources),
            ContainersOf(spec),
            IdsOf(StatusesOf(pod.Status)),
            metadata.Annotations ?? [])
        {
            AllocatedMemory = AllocatedMemoryOf(pod.Status),
            EphemeralContainers = [.. IdsOf(pod.Status?.EphemeralContainerStatuses ?? [])],
            TerminationGraceSeconds = spec.TerminationGracePeriodSeconds,
            Workload = owner?.Uid,
            WorkloadKind = Text(owner?.Kind, "metadata.ownerReferences[].kind"),
            IsTerminating = metadata.DeletionTimestamp is not null,
        };
    }

    /// <summary>
    /// True for the mirror of a static Pod, which the kubelet runs from a file, in a cgroup that is named by the file's hash. The
    /// kubelet goes by the same annotation, and runs no Pod that has it; so nobody gains by claiming to be one, and a hash that
    /// is no hash could only be meant to pass for another Pod.
    /// </summary>
    internal static bool IsMirror(PodObject pod) =>
        pod.Metadata is { } metadata
        && ValueOf(metadata, AnnotationsConverter.Mirror) is not null
        && ValueOf(metadata, AnnotationsConverter.Hash) is { Length: PodFacts.StaticUidLength } hash
        && !hash.AsSpan().ContainsAnyExcept(s_hexDigits);

    /// <summary>The UID by which kubectl describe finds the Events of a Pod: of the mirror of a static one, what its annotation says.</summary>
    internal static string UidInEvents(PodObject pod) =>
        (IsMirror(pod) && ValueOf(pod.Metadata!, AnnotationsConverter.Mirror) is { } mirror && PodDescription.IsUid(mirror) ? mirror : pod.Metadata?.Uid) ?? "";

    private static string? ValueOf(PodMetadata metadata, string annotation)
    {
        foreach (var each in metadata.Annotations ?? [])
        {
            if (each.Name == annotation)
            {
                return each.Text;
            }
        }

        return null;
    }

    private static List<ManifestContainer> ContainersOf(PodSpecObject spec)
    {
        var containers = new List<ManifestContainer>();
        foreach (var container in spec.Containers ?? throw new FormatException("spec.containers is missing"))
        {
            Add(container, ContainerKind.App);
        }

        foreach (var container in spec.InitContainers ?? [])
        {
            Add(container, container?.RestartPolicy == "Always" ? ContainerKind.Sidecar : ContainerKind.Init);
        }

        return containers;

        void Add(ContainerObject? container, ContainerKind kind)
        {
            if (containers.Count == MaxContainers)
            {
                throw new FormatException($"it has more than {MaxContainers} containers");
            }

            containers.Add(new ManifestContainer(
                Required(container?.Name, "spec.containers[].name"), kind, NeedsOf(container?.Resources).WithDefaults())
            {
                FallsBackToLog = container?.TerminationMessagePolicy == ManifestContainer.LogPolicy,
            });
        }
    }

    private static IEnumerable<ContainerStatusObject?> StatusesOf(PodStatusObject? status) =>
        (status?.ContainerStatuses ?? []).Concat(status?.InitContainerStatuses ?? []);

    private static Dictionary<string, decimal> AllocatedMemoryOf(PodStatusObject? status)
    {
        var allocated = new Dictionary<string, decimal>(StringComparer.Ordinal);
        foreach (var container in StatusesOf(status).Take(MaxContainers))
        {
            if (container is { Name: { } name, AllocatedResources: { } resources } && AmountsOf(resources).Memory is { } memory)
            {
                allocated.TryAdd(name, memory);
            }
        }

        return allocated;
    }

    private static Dictionary<string, string> IdsOf(IEnumerable<ContainerStatusObject?> statuses)
    {
        var ids = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var container in statuses.Take(MaxContainers))
        {
            if (container?.Name is { } name && Text(container.ContainerId, "containerID") is { Length: > 0 } id)
            {
                ids.TryAdd(name, id);
            }
        }

        return ids;
    }

    private static ResourceNeeds NeedsOf(ResourcesObject? resources) =>
        new(AmountsOf(resources?.Requests), AmountsOf(resources?.Limits));

    private static ResourceAmounts AmountsOf(IReadOnlyDictionary<string, string?>? amounts) => amounts is null
        ? default
        : new ResourceAmounts(
            AmountOf(amounts, ResourceAmounts.CpuKey),
            AmountOf(amounts, ResourceAmounts.MemoryKey),
            amounts.Keys.Any(key => key.StartsWith(ResourceAmounts.HugePagesPrefix, StringComparison.Ordinal)));

    private static decimal? AmountOf(IReadOnlyDictionary<string, string?> amounts, string key) =>
        amounts.TryGetValue(key, out var text) && text is not null
            ? Quantity.TryParse(text, out var value) ? value : throw new FormatException($"its {key} is not a quantity")
            : null;

    private static string Required(string? text, string field) =>
        Text(text, field) is { Length: > 0 } given ? given : throw new FormatException($"{field} is missing");

    private static string? Text(string? text, string field) =>
        text is null || (text.Length <= ManifestObject.MaxTextLength && !text.Any(char.IsControl))
            ? text
            : throw new FormatException($"{field} is longer than {ManifestObject.MaxTextLength} characters, or not of one line");
}
