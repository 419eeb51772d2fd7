using System.Text.Json.Serialization;

namespace NodeReaper.Agent.Kubernetes.Api;

/// <summary>
/// A Pod as the API writes it: only the fields that are used. The client's own model takes ten times the memory. What is missing is null: the
/// generated reader sets every property that can only be set at the beginning, so that none has a default.
/// </summary>
internal sealed record PodObject
{
    public string? Kind { get; init; }

    public PodMetadata? Metadata { get; init; }

    public PodSpecObject? Spec { get; init; }

    public PodStatusObject? Status { get; init; }

    /// <summary>True for one of which nothing but its names could be read.</summary>
    [JsonIgnore]
    public bool IsTooLarge { get; init; }
}

/// <summary>metadata.</summary>
internal sealed record PodMetadata
{
    public string? Uid { get; init; }

    public string? Namespace { get; init; }

    public string? Name { get; init; }

    public string? ResourceVersion { get; init; }

    public DateTimeOffset? CreationTimestamp { get; init; }

    public DateTimeOffset? DeletionTimestamp { get; init; }

    public IReadOnlyList<OwnerObject>? OwnerReferences { get; init; }

    [JsonConverter(typeof(AnnotationsConverter))]
    public IReadOnlyList<PodAnnotation>? Annotations { get; init; }
}

/// <summary>Who made it.</summary>
internal sealed record OwnerObject(string? Kind, string? Uid, bool? Controller);

/// <summary>spec.</summary>
internal sealed record PodSpecObject
{
    public string? NodeName { get; init; }

    public int? Priority { get; init; }

    public string? PriorityClassName { get; init; }

    public long? TerminationGracePeriodSeconds { get; init; }

    public ResourcesObject? Resources { get; init; }

    public IReadOnlyList<ContainerObject>? Containers { get; init; }

    public IReadOnlyList<ContainerObject>? InitContainers { get; init; }
}

/// <summary>A container of the spec.</summary>
internal sealed record ContainerObject(string? Name, string? RestartPolicy, string? TerminationMessagePolicy, ResourcesObject? Resources);

/// <summary>resources.</summary>
internal sealed record ResourcesObject(IReadOnlyDictionary<string, string?>? Requests, IReadOnlyDictionary<string, string?>? Limits);

/// <summary>status.</summary>
internal sealed record PodStatusObject
{
    public string? Phase { get; init; }

    public string? QosClass { get; init; }

    public IReadOnlyList<ContainerStatusObject>? ContainerStatuses { get; init; }

    public IReadOnlyList<ContainerStatusObject>? InitContainerStatuses { get; init; }

    public IReadOnlyList<ContainerStatusObject>? EphemeralContainerStatuses { get; init; }
}

/// <summary>A container's status.</summary>
internal sealed record ContainerStatusObject(
    string? Name,
    [property: JsonPropertyName("containerID")] string? ContainerId,
    IReadOnlyDictionary<string, string?>? AllocatedResources);
