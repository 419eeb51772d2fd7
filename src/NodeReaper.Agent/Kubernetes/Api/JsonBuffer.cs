namespace NodeReaper.Agent.Kubernetes.Api;

/// <summary>What has come of an answer and is not used yet. It grows as far as one Pod may be large, and no further.</summary>
/// <param name="body">Where it comes from.</param>
internal sealed class JsonBuffer(Stream body)
{
    /// <summary>
    /// The longest that one Pod is taken, in bytes. etcd takes 1.5 MiB by default; as JSON it can be six times as long, since the API server writes
    /// <c>&lt;</c> in six letters.
    /// </summary>
    internal const int MaxItemBytes = 4 << 20;

    private byte[] _bytes = new byte[16 << 10];
    private int _start;
    private int _end;

    /// <summary>What is there.</summary>
    internal ReadOnlySpan<byte> Unused => _bytes.AsSpan(_start, _end - _start);

    /// <summary>True when no more will be taken before something is used.</summary>
    internal bool IsFull => _end - _start >= MaxItemBytes;

    /// <summary>Takes note of what was used.</summary>
    internal void Use(int count) => _start += count;

    /// <summary>Waits for more.</summary>
    /// <returns>False when nothing more will come.</returns>
    /// <exception cref="ApiException">The connection broke, or the buffer is full.</exception>
    internal async Task<bool> FillAsync(CancellationToken cancellation)
    {
        if (_start > 0)
        {
            _bytes.AsSpan(_start, _end - _start).CopyTo(_bytes);
            (_start, _end) = (0, _end - _start);
        }

        if (_end == _bytes.Length)
        {
            if (_bytes.Length >= MaxItemBytes)
            {
                throw new ApiException(ApiFailure.Nonsense, $"a single item has more than {MaxItemBytes >> 20} MiB");
            }

            Array.Resize(ref _bytes, _bytes.Length * 2);
        }

        try
        {
            var count = await body.ReadAsync(_bytes.AsMemory(_end), cancellation);
            _end += count;
            return count > 0;
        }
        catch (Exception error) when (error is IOException or HttpRequestException)
        {
            throw new ApiException(ApiFailure.Unreachable, $"the connection broke: {error.Message}", inner: error);
        }
        catch (InvalidDataException error)
        {
            throw new ApiException(ApiFailure.Nonsense, $"the answer is not what its Content-Encoding says: {error.Message}", inner: error);
        }
    }
}
