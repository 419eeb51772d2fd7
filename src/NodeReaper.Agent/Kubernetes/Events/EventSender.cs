using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NodeReaper.Agent.Kubernetes.Api;
using Polly;

namespace NodeReaper.Agent.Kubernetes.Events;

/// <summary>
/// Delivers Events, one at a time, for as long as it takes. One that the server answers with an error lets the others go first. Nobody waits for it.
/// </summary>
internal sealed partial class EventSender : BackgroundService
{
    /// <summary>The name of this sink in logs and metrics.</summary>
    internal const string Name = "events";

    private static readonly MediaTypeHeaderValue s_mergePatch = new("application/merge-patch+json");

    private readonly EventQueue _queue;
    private readonly ApiClient _client;
    private readonly ILogger<EventSender> _logger;
    private readonly ApiTimings _timings;
    private readonly ResiliencePipeline _calls;
    private ApiFailure? _trouble;

    /// <summary>Makes it; nothing is sent yet.</summary>
    public EventSender(EventQueue queue, ApiClient client, ApiTimings timings, ILogger<EventSender> logger)
    {
        _queue = queue;
        _client = client;
        _logger = logger;
        _timings = timings;

        // A webhook that fails for Events says nothing about the server: Pods and marks go on.
        _calls = ApiPipelines.Calls(timings);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (_queue.Trouble is { } trouble)
        {
            NotDurable(_logger, trouble);
        }

        try
        {
            var failures = 0;
            while (true)
            {
                var entry = await _queue.NextAsync(stoppingToken);
                try
                {
                    await SendAsync(entry, stoppingToken);
                    failures = 0;
                    GoesOn();
                }
                catch (ApiException error)
                {
                    // The server is asked less and less often while it takes none. What it has against one of them is not to keep the others.
                    if (error.Failure is not (ApiFailure.Unreachable or ApiFailure.Throttled or ApiFailure.Unauthorized))
                    {
                        _queue.Later(entry, attempt => ApiPipelines.DelayAfter(_timings, attempt, error));
                    }

                    var delay = ApiPipelines.DelayAfter(_timings, failures++, error);
                    Failed(error, delay);
                    await Task.Delay(delay, stoppingToken);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // What waits is on disk.
        }
    }

    private void GoesOn()
    {
        if (_trouble is not null)
        {
            _trouble = null;
            IsBack(_logger, _client.Server, _queue.Waiting);
        }
    }

    private async Task SendAsync(EventQueue.Entry entry, CancellationToken stopping)
    {
        var (written, isCreated, _) = _queue.Now(entry);
        var path = $"apis/{EventObject.Group}/namespaces/{Uri.EscapeDataString(written.Metadata.Namespace)}/events";
        try
        {
            await (isCreated
                ? WriteAsync(
                    HttpMethod.Patch,
                    $"{path}/{Uri.EscapeDataString(written.Metadata.Name)}",
                    JsonSerializer.SerializeToUtf8Bytes(new EventPatch(written.Series!), EventJson.Default.EventPatch),
                    s_mergePatch,
                    stopping)
                : WriteAsync(HttpMethod.Post, path, JsonSerializer.SerializeToUtf8Bytes(written, EventJson.Default.EventObject), ApiClient.Json, stopping));
            _queue.Delivered(entry, new SpooledEvent(written, true));
        }
        catch (ApiException error) when (error.Failure == ApiFailure.Exists && !isCreated)
        {
            // It had come through, and the answer had not: what it says of a series is sent again.
            _queue.Delivered(entry, new SpooledEvent(written with { Series = null }, true));
        }
        catch (ApiException error) when (error.Failure == ApiFailure.NotFound && isCreated)
        {
            // The API server keeps Events for an hour or so.
            _queue.Renew(entry);
        }
        catch (ApiException error) when (IsFinal(error))
        {
            _queue.Drop(entry);
            IsRefused(_logger, written.Reason, written.Regarding.Kind, written.Regarding.Namespace ?? "", written.Regarding.Name, error.Message);
        }
        catch (Exception error) when (error is not (ApiException or OperationCanceledException))
        {
            throw ApiException.Unexpected(_client.Server, error);
        }
    }

    // The namespace ends, or an admission webhook does not want it: both are 403, like a right that is missing and may come.
    private static bool IsFinal(ApiException error) =>
        error.Failure is ApiFailure.Rejected or ApiFailure.NotFound or ApiFailure.Gone
        || (error.Failure == ApiFailure.Forbidden && !IsOfAuthorizer(error.Said));

    /// <summary>True for the sentence of the API server's authorization; whatever admission says, which tenants can have a say in, comes after other words.</summary>
    private static bool IsOfAuthorizer(string said) => MissingRight().IsMatch(said);

    [GeneratedRegex("""^events\.events\.k8s\.io( "[^"]*")? is forbidden: User "[^"]*" cannot (create|patch) resource "events" in API group "events\.k8s\.io""")]
    private static partial Regex MissingRight();

    private Task<bool> WriteAsync(HttpMethod method, string path, byte[] body, MediaTypeHeaderValue type, CancellationToken stopping) =>
        _client.CallAsync(
            method,
            path,
            new ApiBody(body, type),
            (response, _) =>
            {
                response.Dispose();
                return Task.FromResult(true);
            },
            stopping,
            _calls);

    private void Failed(ApiException error, TimeSpan delay)
    {
        if (_trouble == error.Failure)
        {
            return;
        }

        _trouble = error.Failure;
        if (error.Failure == ApiFailure.Forbidden)
        {
            IsForbidden(_logger, error.Message);
        }
        else
        {
            IsAway(_logger, error.Message, _queue.Waiting, delay.TotalSeconds);
        }
    }

    [LoggerMessage(EventId = 230, EventName = "EventsWait", Level = LogLevel.Warning,
        Message = "{Reason}; {Count} Event(s) wait; tried again in {Seconds:0.0} s, and so on")]
    private static partial void IsAway(ILogger logger, string reason, int count, double seconds);

    [LoggerMessage(EventId = 231, EventName = "EventsForbidden", Level = LogLevel.Error,
        Message = "{Reason}; Events wait; fix: grant it to the agent's service account (docs/cluster.md#rights)")]
    private static partial void IsForbidden(ILogger logger, string reason);

    [LoggerMessage(EventId = 232, EventName = "EventsGoOn", Level = LogLevel.Information, Message = "{Server} takes Events again; {Count} wait")]
    private static partial void IsBack(ILogger logger, Uri server, int count);

    [LoggerMessage(EventId = 233, EventName = "EventRefused", Level = LogLevel.Error,
        Message = "the Event {Reason} on {Kind} {ObjectNamespace}/{Object} is lost: {Error}")]
    private static partial void IsRefused(ILogger logger, string reason, string kind, string objectNamespace, string @object, string error);

    [LoggerMessage(EventId = 234, EventName = "EventsNotDurable", Level = LogLevel.Warning,
        Message = "Events that wait are lost when the agent ends: {Reason}; fix: make events.folder writable, or give another")]
    private static partial void NotDurable(ILogger logger, string reason);
}
