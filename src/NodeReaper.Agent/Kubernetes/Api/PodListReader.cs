using System.Text.Json;

namespace NodeReaper.Agent.Kubernetes.Api;

/// <summary>
/// Reads a list of Pods one by one as it comes, so that the longest Pod, not the list, decides about the memory it takes: tenants
/// can make a list of a hundred megabytes.
/// </summary>
internal sealed class PodListReader
{
    private readonly Action<PodObject> _take;
    private JsonReaderState _state;
    private string? _kind;
    private bool _isInItems;
    private bool _hadItems;
    private bool _isComplete;

    private PodListReader(Action<PodObject> take) => _take = take;

    private ListMetadata? Metadata { get; set; }

    /// <summary>Reads an answer to its end.</summary>
    /// <param name="body">The answer.</param>
    /// <param name="take">Takes each Pod.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>The list's metadata.</returns>
    /// <exception cref="ApiException">It is no list of Pods, or not all of one.</exception>
    internal static async Task<ListMetadata> ReadAsync(Stream body, Action<PodObject> take, CancellationToken cancellation)
    {
        var reader = new PodListReader(take);
        var buffer = new JsonBuffer(body);
        try
        {
            while (!reader._isComplete)
            {
                if (!await buffer.FillAsync(cancellation))
                {
                    throw new ApiException(ApiFailure.Nonsense, "the list ends in the middle");
                }

                buffer.Use(reader.Advance(buffer.Unused));
            }
        }
        catch (JsonException error)
        {
            throw new ApiException(ApiFailure.Nonsense, $"the answer is not JSON, or has a field of the wrong type: {error.Message}", inner: error);
        }

        catch (OutOfMemoryException error)
        {
            // The heap has a hard limit. What was read until then is garbage by now, and the agent is needed.
            throw new ApiException(ApiFailure.Nonsense, "the list does not fit into the agent's memory", inner: error);
        }

        return reader is { _kind: "PodList", _hadItems: true }
            ? reader.Metadata ?? new ListMetadata(null, null)
            : throw new ApiException(ApiFailure.Nonsense, $"the answer is a '{Yaml.ShownText.Of(reader._kind ?? "(no kind)")}', not a PodList");
    }

    // Reads as many whole steps as there are, and tells how many bytes they took.
    private int Advance(ReadOnlySpan<byte> bytes)
    {
        var reader = new Utf8JsonReader(bytes, isFinalBlock: false, _state);
        while (true)
        {
            var before = reader;
            if (_isComplete || !Step(ref reader, bytes))
            {
                _state = before.CurrentState;
                return (int)before.BytesConsumed;
            }
        }
    }

    private bool Step(ref Utf8JsonReader reader, ReadOnlySpan<byte> bytes)
    {
        if (!reader.Read())
        {
            return false;
        }

        if (_isInItems)
        {
            return Item(ref reader, bytes);
        }

        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                return true;
            case JsonTokenType.EndObject:
                _isComplete = true;
                return true;
            case JsonTokenType.PropertyName:
                var name = reader.ValueSpan.Length <= 64 ? reader.GetString() : "";
                return reader.Read() && Property(name, ref reader, bytes);
            default:
                throw new JsonException("it is no object");
        }
    }

    private bool Property(string? name, ref Utf8JsonReader reader, ReadOnlySpan<byte> bytes)
    {
        switch (name, reader.TokenType)
        {
            case ("kind", JsonTokenType.String):
                _kind = reader.GetString();
                return true;
            case ("items", JsonTokenType.StartArray):
                _isInItems = _hadItems = true;
                return true;
            case ("items", JsonTokenType.Null):
                _hadItems = true;
                return true;
            case ("metadata", JsonTokenType.StartObject):
                var start = (int)reader.TokenStartIndex;
                if (!reader.TrySkip())
                {
                    return false;
                }

                Metadata = JsonSerializer.Deserialize(bytes[start..(int)reader.BytesConsumed], ApiJson.Default.ListMetadata);
                return true;
            default:
                return reader.TrySkip();
        }
    }

    private bool Item(ref Utf8JsonReader reader, ReadOnlySpan<byte> bytes)
    {
        if (reader.TokenType == JsonTokenType.EndArray)
        {
            _isInItems = false;
            return true;
        }

        var start = (int)reader.TokenStartIndex;
        if (!reader.TrySkip())
        {
            return false;
        }

        _take(JsonSerializer.Deserialize(bytes[start..(int)reader.BytesConsumed], ApiJson.Default.PodObject) ?? throw new JsonException("a Pod is null"));
        return true;
    }
}
