using System.Text.Json;

namespace NodeReaper.Agent.Kubernetes.Api;

/// <summary>Reads which Pod it is from the beginning of one that is too large to be read: the API writes metadata first, and its names before the rest.</summary>
internal static class PodHead
{
    /// <summary>Reads it.</summary>
    /// <param name="beginning">As much as there is of the Pod, or of a line of a watch.</param>
    /// <param name="type">The line's type; null when it is no line, or has none so far.</param>
    /// <returns>A Pod with as much of metadata as was found.</returns>
    internal static PodObject Of(ReadOnlySpan<byte> beginning, out string? type)
    {
        var metadata = new PodMetadata();
        type = null;
        var reader = new Utf8JsonReader(beginning, isFinalBlock: false, new JsonReaderState(new JsonReaderOptions { MaxDepth = ApiJson.MaxDepth }));
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType != JsonTokenType.PropertyName)
                {
                    continue;
                }

                if (reader.ValueTextEquals("type"u8))
                {
                    type = Text(ref reader);
                }
                else if (reader.ValueTextEquals("metadata"u8))
                {
                    metadata = MetadataIn(ref reader);
                    break;
                }
                else if (!reader.ValueTextEquals("object"u8) && (!reader.Read() || !reader.TrySkip()))
                {
                    break;
                }
            }
        }
        catch (JsonException)
        {
            // What was found until then is what there is.
        }

        return new PodObject { Kind = "Pod", Metadata = metadata, IsTooLarge = true };
    }

    private static PodMetadata MetadataIn(ref Utf8JsonReader reader)
    {
        var found = new PodMetadata();
        while (reader.Read() && reader.TokenType is JsonTokenType.PropertyName or JsonTokenType.StartObject)
        {
            if (reader.TokenType == JsonTokenType.StartObject)
            {
                continue;
            }

            if (reader.ValueTextEquals("name"u8))
            {
                found = found with { Name = Text(ref reader) };
            }
            else if (reader.ValueTextEquals("namespace"u8))
            {
                found = found with { Namespace = Text(ref reader) };
            }
            else if (reader.ValueTextEquals("uid"u8))
            {
                found = found with { Uid = Text(ref reader) };
            }
            else if (reader.ValueTextEquals("resourceVersion"u8))
            {
                found = found with { ResourceVersion = Text(ref reader) };
            }
            else if (!reader.Read() || !reader.TrySkip())
            {
                break;
            }
        }

        return found;
    }

    private static string? Text(ref Utf8JsonReader reader) =>
        reader.Read() && reader.TokenType == JsonTokenType.String && reader.ValueSpan.Length <= ManifestObject.MaxTextLength ? reader.GetString() : null;
}
