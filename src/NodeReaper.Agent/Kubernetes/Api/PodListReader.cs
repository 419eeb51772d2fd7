using System.Text.Json;

namespace NodeReaper.Agent.Kubernetes.Api;

/// <summary>
/// Reads a list of Pods one by one as it comes, so that the longest Pod, not the list, decides about the memory it takes: tenants
/// can make a list of a hundred megabytes. A Pod that is too large is passed over, and told by its names; the others come after it.
/// </summary>
internal sealed class PodListReader
{
    private readonly Action<PodObject> _take;
    private JsonReaderState _state;
    private ObjectScan _scan;
    private int _scanned;
    private string? _kind;
    private bool _isInItems;
    private bool _isWithinItem;
    private bool _isPassingOver;
    private bool _isAfterItem;
    private bool _isAfterComma;
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

                buffer.Use(reader.Advance(buffer.Unused, buffer.IsFull));
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

    // Reads as many whole steps as there are, and tells how many bytes they took. The items are found by their brackets, so that none of their bytes
    // is looked at again and again while the rest of it comes.
    private int Advance(ReadOnlySpan<byte> bytes, bool isFull)
    {
        var used = 0;
        while (!_isComplete)
        {
            var step = _isInItems ? Items(bytes[used..], isFull && used == 0) : Outside(bytes[used..]);
            used += step.Used;
            if (!step.GoesOn)
            {
                break;
            }
        }

        return used;
    }

    private (int Used, bool GoesOn) Outside(ReadOnlySpan<byte> bytes)
    {
        var reader = new Utf8JsonReader(bytes, isFinalBlock: false, _state);
        while (true)
        {
            var before = reader;
            if (_isComplete || _isInItems || !Step(ref reader, bytes))
            {
                _state = before.CurrentState;
                return ((int)before.BytesConsumed, _isInItems);
            }
        }
    }

    // The closing bracket is left to the reader, which knows of the opening one.
    private (int Used, bool GoesOn) Items(ReadOnlySpan<byte> bytes, bool isFull)
    {
        if (_isWithinItem)
        {
            return Item(bytes, isFull);
        }

        for (var at = 0; at < bytes.Length; at++)
        {
            switch (bytes[at])
            {
                case (byte)' ' or (byte)'\n' or (byte)'\r' or (byte)'\t':
                    break;
                case (byte)',' when _isAfterItem:
                    _isAfterItem = false;
                    _isAfterComma = true;
                    break;
                case (byte)'{' when !_isAfterItem:
                    (_isWithinItem, _scan, _scanned) = (true, default, 0);
                    return (at, true);
                case (byte)']' when !_isAfterComma:
                    _isInItems = false;
                    return (at, true);
                default:
                    throw new JsonException("the items are not a list of objects");
            }
        }

        return (bytes.Length, false);
    }

    private (int Used, bool GoesOn) Item(ReadOnlySpan<byte> bytes, bool isFull)
    {
        if (_scan.Take(bytes[_scanned..]) is { } rest)
        {
            var length = _scanned + rest;
            if (!_isPassingOver)
            {
                _take(JsonSerializer.Deserialize(bytes[..length], ApiJson.Default.PodObject)!);
            }

            (_isWithinItem, _isPassingOver, _isAfterItem, _isAfterComma) = (false, false, true, false);
            return (length, true);
        }

        if (isFull && !_isPassingOver)
        {
            _take(PodHead.Of(bytes, out _));
            _isPassingOver = true;
        }

        _scanned = _isPassingOver ? 0 : bytes.Length;
        return (_isPassingOver ? bytes.Length : 0, false);
    }

    private bool Step(ref Utf8JsonReader reader, ReadOnlySpan<byte> bytes)
    {
        if (!reader.Read())
        {
            return false;
        }

        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
            case JsonTokenType.EndArray: // of the items
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
}
