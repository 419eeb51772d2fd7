using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace NodeReaper.Agent.Kubernetes.Api;

/// <summary>
/// Reads the annotations that this agent knows, and passes over the others: a Pod may carry 256 KiB of them, and its owner is not
/// to decide how much memory the agent needs.
/// </summary>
internal sealed class AnnotationsConverter : JsonConverter<IReadOnlyList<PodAnnotation>>
{
    /// <summary>The name of the annotation that makes a Pod the mirror of a static one.</summary>
    internal const string Mirror = "kubernetes.io/config.mirror";

    /// <summary>The name of the annotation with the UID that the kubelet gave a static Pod.</summary>
    internal const string Hash = "kubernetes.io/config.hash";

    // A prefix of 253, a slash, a name of 63 (apimachinery, pkg/util/validation).
    private const int MaxNameBytes = 317;
    private const int MaxValueBytes = 1024;
    private const int MaxCount = PodAnnotations.MaxCount + 8;

    /// <inheritdoc/>
    public override IReadOnlyList<PodAnnotation> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException("annotations are not an object");
        }

        List<PodAnnotation>? known = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.ValueSpan.Length <= MaxNameBytes ? reader.GetString()! : "";
            _ = reader.Read();
            if (name is Mirror or Hash || (name.StartsWith(PodAnnotation.Prefix, StringComparison.Ordinal) && (known?.Count ?? 0) < MaxCount))
            {
                (known ??= []).Add(Value(ref reader, name));
            }
            else
            {
                reader.Skip();
            }
        }

        return known ?? (IReadOnlyList<PodAnnotation>)[];
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, IReadOnlyList<PodAnnotation> value, JsonSerializerOptions options) =>
        throw new NotSupportedException("Pods are only read");

    private static PodAnnotation Value(ref Utf8JsonReader reader, string name)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            throw new JsonException($"annotation {name} is not text");
        }

        return reader.ValueSpan.Length <= MaxValueBytes
            ? PodAnnotation.Of(name, reader.GetString()!)
            : new PodAnnotation(name, null, string.Create(CultureInfo.InvariantCulture, $"a text of {reader.ValueSpan.Length} bytes"), 0);
    }
}
