using System.Net.Http.Headers;

namespace NodeReaper.Agent.Kubernetes.Api;

/// <summary>
/// A token, fixed or in a file. The kubelet writes a service account's token anew before it expires, so a file is read again
/// every minute, and at once when the server does not take the token any more.
/// </summary>
internal sealed class BearerToken
{
    private const int MaxBytes = 64 << 10;
    private static readonly TimeSpan s_every = TimeSpan.FromMinutes(1);

    private readonly string? _file;
    private readonly TimeProvider _time;
    private string? _text;
    private long? _readAt;

    private BearerToken(string? file, string? text, TimeProvider time)
    {
        _file = file;
        _text = text;
        _time = time;
    }

    /// <summary>A token that stays as it is.</summary>
    internal static BearerToken Fixed(string text) => new(null, text, TimeProvider.System);

    /// <summary>A token that is in a file.</summary>
    internal static BearerToken InFile(string path, TimeProvider? time = null) => new(path, null, time ?? TimeProvider.System);

    /// <summary>The header that carries it.</summary>
    /// <exception cref="ApiException">The file cannot be read, and never could, or there is no token in it.</exception>
    internal AuthenticationHeaderValue ToHeader()
    {
        if (_file is not null && (_readAt is not { } readAt || _time.GetElapsedTime(readAt) >= s_every))
        {
            _text = Read(_file) ?? _text;
            _readAt = _time.GetTimestamp();
        }

        return new AuthenticationHeaderValue("Bearer", _text ?? throw Missing());
    }

    /// <summary>Has the file read again at the next request.</summary>
    internal void Distrust() => _readAt = null;

    private ApiException Missing() => new(
        ApiFailure.Unauthorized,
        $"there is no token in {_file}; mount the service account's token there (automountServiceAccountToken: true), readable for the agent");

    // While the kubelet swaps it, it may be gone for a moment: the last one holds.
    private static string? Read(string file)
    {
        try
        {
            using var stream = File.OpenRead(file);
            var bytes = new byte[MaxBytes];
            var length = stream.ReadAtLeast(bytes, MaxBytes, throwOnEndOfStream: false);
            var text = System.Text.Encoding.ASCII.GetString(bytes, 0, length).Trim();
            return text.Length is > 0 and < MaxBytes && !text.AsSpan().ContainsAnyExceptInRange('!', '~') ? text : null;
        }
        catch (IOException)
        {
            return null;
        }
        catch (UnauthorizedAccessException)
        {
            return null;
        }
    }
}
