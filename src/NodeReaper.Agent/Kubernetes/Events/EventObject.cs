using System.Text.Json.Serialization;

namespace NodeReaper.Agent.Kubernetes.Events;

/// <summary>An Event of events.k8s.io/v1, as the API server takes it.</summary>
internal sealed record EventObject
{
    internal const string Group = "events.k8s.io/v1";

    public string ApiVersion { get; init; } = Group;

    public string Kind { get; init; } = "Event";

    public required EventMetadata Metadata { get; init; }

    public required string EventTime { get; init; }

    public EventSeries? Series { get; init; }

    public required string ReportingController { get; init; }

    public required string ReportingInstance { get; init; }

    public required string Action { get; init; }

    public required string Reason { get; init; }

    public required ObjectReference Regarding { get; init; }

    public ObjectReference? Related { get; init; }

    public required string Note { get; init; }

    public required string Type { get; init; }
}

/// <summary>metadata.</summary>
internal sealed record EventMetadata(string Name, string Namespace);

/// <summary>How often it happened again.</summary>
internal sealed record EventSeries(int Count, string LastObservedTime);

/// <summary>A reference to an object of the cluster.</summary>
internal sealed record ObjectReference(string Kind, string? Namespace, string Name, string? Uid, string? FieldPath = null)
{
    public string ApiVersion { get; init; } = "v1";

    /// <summary>A container's Pod; the path names the container.</summary>
    internal static ObjectReference OfPod(string podNamespace, string name, string uid, string? fieldPath = null) => new("Pod", podNamespace, name, uid, fieldPath);

    /// <summary>A node, whose UID in Events is its name: so the kubelet writes it, and so kubectl looks for it.</summary>
    internal static ObjectReference OfNode(string name) => new("Node", null, name, name);
}

/// <summary>A change of an Event: nothing but its series may change.</summary>
internal sealed record EventPatch(EventSeries Series);

/// <summary>An Event in the queue on disk.</summary>
/// <param name="Event">The Event.</param>
/// <param name="IsCreated">True when the API server has it, but not this series yet.</param>
/// <param name="Detail">What tells it from others with the same reason on the same object; null for nothing.</param>
internal sealed record SpooledEvent(EventObject Event, bool IsCreated, string? Detail = null);

/// <summary>The generated serialisers: reflection does not survive NativeAOT.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(EventObject))]
[JsonSerializable(typeof(EventPatch))]
[JsonSerializable(typeof(SpooledEvent))]
internal sealed partial class EventJson : JsonSerializerContext;
