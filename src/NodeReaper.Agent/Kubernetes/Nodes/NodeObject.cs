using System.Text.Json;
using System.Text.Json.Serialization;

namespace NodeReaper.Agent.Kubernetes.Nodes;

/// <summary>What is read of a Node.</summary>
internal sealed record NodeObject(NodeMetadata? Metadata, NodeSpec? Spec, NodeStatus? Status);

/// <summary>metadata.</summary>
internal sealed record NodeMetadata(string? ResourceVersion);

/// <summary>spec. The taints of others are sent back as they came, whatever there is in them.</summary>
internal sealed record NodeSpec(IReadOnlyList<JsonElement>? Taints);

/// <summary>status.</summary>
internal sealed record NodeStatus(IReadOnlyList<NodeCondition>? Conditions);

/// <summary>A condition, as it is read and as it is written.</summary>
internal sealed record NodeCondition(string? Type, string? Status = null)
{
    /// <summary><c>delete</c> takes the condition of that type away (strategic merge patch).</summary>
    [JsonPropertyName("$patch")]
    public string? Directive { get; init; }

    public string? Reason { get; init; }

    public string? Message { get; init; }

    public string? LastHeartbeatTime { get; init; }

    public string? LastTransitionTime { get; init; }
}

/// <summary>All taints of a Node, as long as it is still at the version that they were read from.</summary>
internal sealed record TaintPatch(NodeMetadata Metadata, NodeSpec Spec);

/// <summary>A change of one condition; the others stay.</summary>
internal sealed record ConditionPatch(NodeStatus Status);

/// <summary>The generated serialisers: reflection does not survive NativeAOT.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(NodeObject))]
[JsonSerializable(typeof(TaintPatch))]
[JsonSerializable(typeof(ConditionPatch))]
internal sealed partial class NodeJson : JsonSerializerContext;
