using System.Text.Json.Serialization;

namespace NodeReaper.Agent.Kubernetes.Api;

/// <summary>metadata of a list.</summary>
internal sealed record ListMetadata(string? ResourceVersion, string? Continue);

/// <summary>What the API answers when it does not do what it was asked.</summary>
internal sealed record StatusObject(string? Kind, int? Code, string? Reason, string? Message);

/// <summary>A line of a watch, before it is known what it is about.</summary>
internal sealed record WatchLine(string? Type);

/// <summary>A line of a watch that tells of a Pod.</summary>
internal sealed record PodLine(string? Type, PodObject? Object);

/// <summary>A line of a watch that tells of its end.</summary>
internal sealed record ErrorLine(string? Type, StatusObject? Object);

/// <summary>The generated serialisers: reflection does not survive NativeAOT.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, MaxDepth = MaxDepth)]
[JsonSerializable(typeof(PodObject))]
[JsonSerializable(typeof(ListMetadata))]
[JsonSerializable(typeof(StatusObject))]
[JsonSerializable(typeof(WatchLine))]
[JsonSerializable(typeof(PodLine))]
[JsonSerializable(typeof(ErrorLine))]
internal sealed partial class ApiJson : JsonSerializerContext
{
    /// <summary>As deep as the API server lets JSON be, and a bit: in metadata.managedFields, whoever writes a Pod decides how deep it is.</summary>
    internal const int MaxDepth = 10_100;
}
