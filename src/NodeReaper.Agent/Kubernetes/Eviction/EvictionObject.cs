using System.Text.Json.Serialization;

namespace NodeReaper.Agent.Kubernetes.Eviction;

/// <summary>An Eviction of policy/v1.</summary>
internal sealed record EvictionObject(EvictionMetadata Metadata, EvictionOptions DeleteOptions)
{
    public string ApiVersion { get; init; } = "policy/v1";

    public string Kind { get; init; } = "Eviction";
}

/// <summary>metadata: the Pod's.</summary>
internal sealed record EvictionMetadata(string Name, string Namespace);

/// <summary>deleteOptions.</summary>
internal sealed record EvictionOptions(EvictionPreconditions Preconditions);

/// <summary>Another Pod of the same name is not to be evicted.</summary>
internal sealed record EvictionPreconditions(string Uid);

/// <summary>The generated serialisers: reflection does not survive NativeAOT.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(EvictionObject))]
[JsonSerializable(typeof(Dictionary<string, List<DateTimeOffset>>))]
[JsonSerializable(typeof(List<PendingEviction>))]
internal sealed partial class EvictionJson : JsonSerializerContext;
