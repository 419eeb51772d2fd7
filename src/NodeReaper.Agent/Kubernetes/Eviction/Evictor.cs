using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NodeReaper.Agent.Kubernetes.Api;
using NodeReaper.Agent.Kubernetes.Events;
using NodeReaper.Engine.Candidates;

namespace NodeReaper.Agent.Kubernetes.Eviction;

/// <summary>
/// Evicts Pods through the API, which respects their disruption budgets, and marks them with the condition DisruptionTarget. One that may not go
/// yet is asked for again for some minutes; then it stays.
/// </summary>
internal sealed partial class Evictor : IHostedService, IDisposable
{
    private const int MaxUnderWay = 32;
    private readonly ConcurrentDictionary<string, Task> _underWay = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stopping = new();
    private readonly ApiClient _client;
    private readonly ApiTimings _timings;
    private readonly Action<ClusterEvent> _tell;
    private readonly ILogger<Evictor> _logger;

    /// <summary>Makes it.</summary>
    /// <param name="client">The API server.</param>
    /// <param name="timings">How long is waited for what.</param>
    /// <param name="tell">Takes an Event for each Pod that was evicted.</param>
    /// <param name="logger">Is told each eviction, and each that failed.</param>
    public Evictor(ApiClient client, ApiTimings timings, Action<ClusterEvent> tell, ILogger<Evictor> logger)
    {
        _client = client;
        _timings = timings;
        _tell = tell;
        _logger = logger;
    }

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await Task.WhenAll(_underWay.Values);
    }

    /// <inheritdoc/>
    public void Dispose() => _stopping.Dispose();

    /// <summary>Begins to evict a Pod, unless that is under way; waits for nothing.</summary>
    internal void Begin(PodFacts pod, string why)
    {
        if (_underWay.Count < MaxUnderWay && !_stopping.IsCancellationRequested)
        {
            var begun = new TaskCompletionSource();
            if (_underWay.TryAdd(pod.Uid, begun.Task))
            {
                _ = EvictAsync(pod, why, begun);
            }
        }
    }

    private async Task EvictAsync(PodFacts pod, string why, TaskCompletionSource done)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        end.CancelAfter(_timings.Eviction);
        string? refusal = null;
        try
        {
            var persistent = ApiPipelines.Persistent(_timings, (error, _) => refusal = error.Message);
            await persistent.ExecuteAsync(async cancellation => await EvictAsync(pod, why, cancellation), end.Token);
        }
        catch (OperationCanceledException)
        {
            if (!_stopping.IsCancellationRequested)
            {
                GivenUp(_logger, pod.Namespace, pod.Name, _timings.Eviction.TotalMinutes, refusal ?? "no answer");
            }
        }
        finally
        {
            _underWay.TryRemove(pod.Uid, out _);
            done.SetResult();
        }
    }

    private async Task EvictAsync(PodFacts pod, string why, CancellationToken stopping)
    {
        var wanted = new EvictionObject(
            new EvictionMetadata(pod.Name, pod.Namespace), new EvictionOptions(new EvictionPreconditions(pod.Uid)));
        try
        {
            await _client.CallAsync(
                HttpMethod.Post,
                $"api/v1/namespaces/{Uri.EscapeDataString(pod.Namespace)}/pods/{Uri.EscapeDataString(pod.Name)}/eviction",
                new ApiBody(JsonSerializer.SerializeToUtf8Bytes(wanted, EvictionJson.Default.EvictionObject), ApiClient.Json),
                (response, _) =>
                {
                    response.Dispose();
                    return Task.FromResult(true);
                },
                stopping);
            Evicted(_logger, pod.Namespace, pod.Name, why);
            _tell(new ClusterEvent(
                "EvictedAfterReap",
                "Evict",
                IsWarning: true,
                ObjectReference.OfPod(pod.Namespace, pod.Name, pod.Uid),
                null,
                $"evicted after a container of it was killed for the node's sake: {why}",
                DateTimeOffset.UtcNow));
        }
        catch (ApiException error) when (error.Failure == ApiFailure.Exists)
        {
            // Another Pod has its name by now.
        }
        catch (ApiException error) when (error.Failure is ApiFailure.Rejected or ApiFailure.Gone or ApiFailure.Forbidden)
        {
            Refused(_logger, pod.Namespace, pod.Name, error.Message);
        }
        catch (Exception error) when (error is not (ApiException or OperationCanceledException))
        {
            throw ApiException.Unexpected(_client.Server, error);
        }
    }

    [LoggerMessage(EventId = 240, EventName = "Evicted", Level = LogLevel.Warning, Message = "evicted {PodNamespace}/{Pod}: {Why}")]
    private static partial void Evicted(ILogger logger, string podNamespace, string pod, string why);

    [LoggerMessage(EventId = 241, EventName = "EvictionRefused", Level = LogLevel.Error,
        Message = "{PodNamespace}/{Pod} is not evicted: {Reason} (rights: docs/cluster.md#rights)")]
    private static partial void Refused(ILogger logger, string podNamespace, string pod, string reason);

    [LoggerMessage(EventId = 242, EventName = "EvictionGivenUp", Level = LogLevel.Warning,
        Message = "{PodNamespace}/{Pod} is not evicted, after {Minutes:0.#} min of trying: {Reason}")]
    private static partial void GivenUp(ILogger logger, string podNamespace, string pod, double minutes, string reason);
}
