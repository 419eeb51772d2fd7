using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Authentication;
using System.Text;
using System.Text.Json;
using NodeReaper.Agent.Yaml;
using Polly;
using Polly.CircuitBreaker;

namespace NodeReaper.Agent.Kubernetes.Api;

/// <summary>The body of a request.</summary>
/// <param name="Bytes">The bytes.</param>
/// <param name="Type">What they are.</param>
internal sealed record ApiBody(byte[] Bytes, MediaTypeHeaderValue Type);

/// <summary>
/// Talks to one Kubernetes API. Whoever finds it away spares the others the wait: after several failures in a row, requests
/// fail at once for some seconds (circuit breaker).
/// </summary>
internal sealed class ApiClient : IDisposable
{
    /// <summary>The type of most bodies.</summary>
    internal static readonly MediaTypeHeaderValue Json = new("application/json");

    private const int MaxErrorBytes = 64 << 10;
    private const int MaxMessageLength = 400;
    private readonly HttpClient _http;
    private readonly BearerToken? _token;
    private readonly string? _tlsServerName;
    private readonly ResiliencePipeline _calls;

    /// <summary>Connects to nothing yet.</summary>
    internal ApiClient(ClusterAccess access, ApiTimings timings)
    {
        Server = access.Server;
        _token = access.Token;
        _tlsServerName = access.TlsServerName;
        _http = new HttpClient(access.CreateHandler(timings))
        {
            BaseAddress = access.Server,
            Timeout = Timeout.InfiniteTimeSpan,
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionOrLower,
        };
        _http.DefaultRequestHeaders.UserAgent.ParseAdd("nodereaper");
        _http.DefaultRequestHeaders.Accept.ParseAdd("application/json");
        _calls = ApiPipelines.Calls(timings);
    }

    /// <summary>The API's address.</summary>
    internal Uri Server { get; }

    /// <summary>Sends a request, and does something with the answer, within the time for one request.</summary>
    /// <param name="method">GET, POST, …</param>
    /// <param name="path">Path and query, without a slash in front.</param>
    /// <param name="body">The body; null for none.</param>
    /// <param name="read">Takes the answer, of which only the headers have come. It owns it.</param>
    /// <param name="stopping">Gives up.</param>
    /// <param name="calls">A pipeline of the caller's own, whose failures do not count for others.</param>
    /// <exception cref="ApiException">No answer, or none that was wanted.</exception>
    internal async Task<T> CallAsync<T>(
        HttpMethod method,
        string path,
        ApiBody? body,
        Func<HttpResponseMessage, CancellationToken, Task<T>> read,
        CancellationToken stopping,
        ResiliencePipeline? calls = null)
    {
        try
        {
            return await (calls ?? _calls).ExecuteAsync(
                async cancellation => await read(await SendAsync(method, path, body, cancellation), cancellation), stopping);
        }
        catch (ExecutionRejectedException error)
        {
            // The time for one request is over, or the circuit is open.
            throw new ApiException(
                ApiFailure.Unreachable,
                $"{Server}: {(error is BrokenCircuitException ? "failed several times just now, and is left alone for a moment" : "no answer in time")}",
                inner: error);
        }
    }

    /// <summary>Reads a list of Pods, or a page of one.</summary>
    /// <param name="path">Path and query.</param>
    /// <param name="take">Takes each Pod.</param>
    /// <param name="stopping">Gives up.</param>
    /// <returns>The list's metadata.</returns>
    /// <exception cref="ApiException">No answer, or none that was wanted.</exception>
    internal Task<ListMetadata> ReadPodsAsync(string path, Action<PodObject> take, CancellationToken stopping) => CallAsync(
        HttpMethod.Get,
        path,
        null,
        async (response, cancellation) =>
        {
            using (response)
            {
                using var body = await response.Content.ReadAsStreamAsync(cancellation);
                return await PodListReader.ReadAsync(body, take, cancellation);
            }
        },
        stopping);

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, ApiBody? body, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(method, path)
        {
            Version = _http.DefaultRequestVersion,
            VersionPolicy = _http.DefaultVersionPolicy,
        };
        request.Headers.Authorization = _token?.ToHeader();

        // The certificate is asked for, and checked, by this name; SslOptions.TargetHost would be overwritten.
        request.Headers.Host = _tlsServerName;
        if (body is { } sent)
        {
            request.Content = new ByteArrayContent(sent.Bytes);
            request.Content.Headers.ContentType = sent.Type;
        }

        HttpResponseMessage response;
        try
        {
            response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        }
        catch (HttpRequestException error)
        {
            throw new ApiException(ApiFailure.Unreachable, $"{Server}: {Reason(error)}", inner: error);
        }
        catch (OperationCanceledException error) when (!cancellation.IsCancellationRequested)
        {
            // Nobody took the connection in time.
            throw new ApiException(ApiFailure.Unreachable, $"{Server}: no connection in time", inner: error);
        }

        if (response.IsSuccessStatusCode)
        {
            return response;
        }

        using (response)
        {
            throw await FailureOf(response, cancellation);
        }
    }

    private async Task<ApiException> FailureOf(HttpResponseMessage response, CancellationToken cancellation)
    {
        var code = (int)response.StatusCode;
        if (code == 401)
        {
            _token?.Distrust();
        }

        var (reason, said) = await StatusOf(response, cancellation);
        var message = string.Create(CultureInfo.InvariantCulture, $"{Server}: {code} {said}").TrimEnd();
        return new ApiException(FailureOf(code, reason, said), message, RetryAfterOf(response), said: said);
    }

    /// <summary>What a status means. A version that the server has not come to yet (after a restore) is as good as gone.</summary>
    internal static ApiFailure FailureOf(int code, string? reason, string message) => code switch
    {
        401 => ApiFailure.Unauthorized,
        403 => ApiFailure.Forbidden,
        404 => ApiFailure.NotFound,
        409 => reason == "AlreadyExists" ? ApiFailure.Exists : ApiFailure.Conflict,
        410 => ApiFailure.Gone,
        429 => ApiFailure.Throttled,
        >= 500 when message.Contains("Too large resource version", StringComparison.Ordinal) => ApiFailure.Gone,
        >= 500 => ApiFailure.ServerError,
        _ => ApiFailure.Rejected,
    };

    // The API answers with a Status; whoever stands in front of it, with anything.
    private static async Task<(string? Reason, string Message)> StatusOf(HttpResponseMessage response, CancellationToken cancellation)
    {
        var bytes = new byte[MaxErrorBytes];
        var length = 0;
        try
        {
            using var body = await response.Content.ReadAsStreamAsync(cancellation);
            length = await body.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, cancellation);
            var status = JsonSerializer.Deserialize(bytes.AsSpan(0, length), ApiJson.Default.StatusObject);
            return (status?.Reason, ShownText.Of(status?.Message ?? "", MaxMessageLength));
        }
        catch (JsonException)
        {
            // The kubelet writes plain text.
            return (null, ShownText.Of(Encoding.UTF8.GetString(bytes, 0, length).Trim(), MaxMessageLength));
        }
        catch (Exception error) when (error is IOException or HttpRequestException)
        {
            return (null, "");
        }
    }

    private static TimeSpan? RetryAfterOf(HttpResponseMessage response) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } when date - DateTimeOffset.UtcNow is var delta && delta > TimeSpan.Zero => delta,
        _ => null,
    };

    private static string Reason(HttpRequestException error) => error.InnerException switch
    {
        AuthenticationException tls => $"TLS: {ShownText.Of(tls.InnerException?.Message ?? tls.Message, MaxMessageLength)}",
        { } inner => ShownText.Of(inner.Message, MaxMessageLength),
        null => ShownText.Of(error.Message, MaxMessageLength),
    };
}
