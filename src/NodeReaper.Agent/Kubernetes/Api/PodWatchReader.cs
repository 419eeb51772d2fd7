using System.Text.Json;

namespace NodeReaper.Agent.Kubernetes.Api;

/// <summary>What a line of a watch tells.</summary>
internal enum PodChange
{
    /// <summary>ADDED or MODIFIED.</summary>
    Put,

    /// <summary>DELETED.</summary>
    Deleted,

    /// <summary>BOOKMARK: nothing changed up to this resource version.</summary>
    Bookmark,
}

/// <summary>Reads a watch, line by line. A Pod that is too large is passed over, and told by its names.</summary>
/// <param name="body">The answer.</param>
/// <param name="silence">When nothing comes for so long, the connection counts as broken.</param>
internal sealed class PodWatchReader(Stream body, TimeSpan silence)
{
    private readonly JsonBuffer _buffer = new(body);
    private int _scanned;

    /// <summary>Waits for the next line.</summary>
    /// <param name="stopping">Gives up.</param>
    /// <returns>Null when the server ended the watch, as it does every few minutes.</returns>
    /// <exception cref="ApiException">The connection broke or is silent, the version is gone, or it is nonsense.</exception>
    internal async Task<(PodChange Change, PodObject Pod)?> NextAsync(CancellationToken stopping)
    {
        int length;
        (PodChange Change, PodObject Pod)? tooLarge = null;
        while ((length = LineLength()) < 0)
        {
            if (_buffer.IsFull)
            {
                tooLarge ??= HeadOf(_buffer.Unused);
                PassOver(_buffer.Unused.Length);
            }

            if (!await FillAsync(stopping))
            {
                return _buffer.Unused.IsEmpty && tooLarge is null ? null : throw new ApiException(ApiFailure.Unreachable, "the watch ends within a line");
            }
        }

        if (tooLarge is not null)
        {
            PassOver(length + 1);
            return tooLarge;
        }

        try
        {
            return Parse(_buffer.Unused[..length]);
        }
        catch (JsonException error)
        {
            throw new ApiException(ApiFailure.Nonsense, $"a line of the watch is not JSON, or has a field of the wrong type: {error.Message}", inner: error);
        }
        finally
        {
            PassOver(length + 1);
        }
    }

    // No byte is looked at twice while the rest of the line comes.
    private int LineLength()
    {
        var end = _buffer.Unused[_scanned..].IndexOf((byte)'\n');
        var length = end < 0 ? -1 : _scanned + end;
        _scanned = _buffer.Unused.Length;
        return length;
    }

    private void PassOver(int count)
    {
        _buffer.Use(count);
        _scanned = 0;
    }

    private async Task<bool> FillAsync(CancellationToken stopping)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        limit.CancelAfter(silence);
        try
        {
            return await _buffer.FillAsync(limit.Token);
        }
        catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
        {
            throw new ApiException(ApiFailure.Unreachable, $"nothing came for {silence.TotalSeconds:0} s, not even a bookmark");
        }
    }

    // Errors are another kind of object than Pods.
    private static (PodChange Change, PodObject Pod) Parse(ReadOnlySpan<byte> line)
    {
        switch (JsonSerializer.Deserialize(line, ApiJson.Default.WatchLine)?.Type)
        {
            case "ADDED" or "MODIFIED":
                return (PodChange.Put, PodIn(line));
            case "DELETED":
                return (PodChange.Deleted, PodIn(line));
            case "BOOKMARK":
                return (PodChange.Bookmark, PodIn(line));
            case "ERROR":
                var status = JsonSerializer.Deserialize(line, ApiJson.Default.ErrorLine)?.Object;
                var message = Yaml.ShownText.Of(status?.Message ?? "", 400);
                throw new ApiException(ApiClient.FailureOf(status?.Code ?? 500, status?.Reason, message), $"the watch ended: {status?.Code} {message}");
            case var other:
                throw new ApiException(ApiFailure.Nonsense, $"a line of the watch has the type '{Yaml.ShownText.Of(other ?? "(none)")}'");
        }
    }

    // Without its version the watch would come to the same line again, and again.
    private static (PodChange Change, PodObject Pod) HeadOf(ReadOnlySpan<byte> line) =>
        PodHead.Of(line, out var type) is { Metadata.ResourceVersion: not null } pod && type is "ADDED" or "MODIFIED" or "DELETED"
            ? (type == "DELETED" ? PodChange.Deleted : PodChange.Put, pod)
            : throw new ApiException(
                ApiFailure.Gone, $"a line of the watch has more than {JsonBuffer.MaxItemBytes >> 20} MiB, and does not begin with what it is about");

    private static PodObject PodIn(ReadOnlySpan<byte> line) =>
        JsonSerializer.Deserialize(line, ApiJson.Default.PodLine)?.Object is { Kind: "Pod", Metadata.ResourceVersion: not null } pod
            ? pod
            : throw new ApiException(ApiFailure.Nonsense, "a line of the watch is not about a Pod with a resourceVersion");
}
