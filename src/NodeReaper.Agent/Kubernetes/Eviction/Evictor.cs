using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NodeReaper.Agent.Kubernetes.Api;
using NodeReaper.Agent.Kubernetes.Events;
using NodeReaper.Engine.Candidates;
using Polly;

namespace NodeReaper.Agent.Kubernetes.Eviction;

/// <summary>
/// Evicts Pods through the API, which respects their disruption budgets, and marks them with the condition DisruptionTarget. One that may not go
/// yet is asked for again for some minutes; then it stays. While the policy is a dry run, nobody is asked for.
/// </summary>
internal sealed partial class Evictor : IHostedService, IDisposable
{
    private readonly ConcurrentDictionary<string, Task> _underWay = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _stopping = new();
    private readonly ApiClient _client;
    private readonly ApiTimings _timings;
    private readonly ResiliencePipeline _calls;
    private readonly PendingEvictions _pending;
    private readonly Func<bool> _isDryRun;
    private readonly ObjectReference? _node;
    private readonly TimeProvider _time;
    private readonly Action<ClusterEvent> _tell;
    private readonly ILogger<Evictor> _logger;
    private bool _isNotDurable;

    /// <summary>Makes it.</summary>
    /// <param name="client">The API server.</param>
    /// <param name="timings">How long is waited for what.</param>
    /// <param name="pending">What is under way, also by an agent before this one.</param>
    /// <param name="isDryRun">Tells whether all that may be done now is to tell.</param>
    /// <param name="node">The node's name; null when it is not known.</param>
    /// <param name="time">The clock.</param>
    /// <param name="tell">Takes an Event for each Pod that was evicted.</param>
    /// <param name="logger">Is told each eviction, and each that failed.</param>
    public Evictor(
        ApiClient client,
        ApiTimings timings,
        PendingEvictions pending,
        Func<bool> isDryRun,
        string? node,
        TimeProvider time,
        Action<ClusterEvent> tell,
        ILogger<Evictor> logger)
    {
        _client = client;
        _timings = timings;

        // A budget that always fails says nothing about the server: Pods, Events and marks go on.
        _calls = ApiPipelines.Calls(timings);
        _pending = pending;
        _isDryRun = isDryRun;
        _node = node is null ? null : ObjectReference.OfNode(node);
        _time = time;
        _tell = tell;
        _logger = logger;
    }

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var eviction in _pending.Load(_time.GetUtcNow(), _timings.Eviction))
        {
            if (TryEnter(eviction.Uid, out var begun))
            {
                TakenUp(_logger, eviction.Namespace, eviction.Name);
                _ = EvictAsync(eviction, begun);
            }
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await Task.WhenAll(_underWay.Values);
    }

    /// <inheritdoc/>
    public void Dispose() => _stopping.Dispose();

    /// <summary>Begins to evict a Pod, unless that is under way; waits for nothing but the disk.</summary>
    internal void Begin(PodFacts pod, string why)
    {
        if (_stopping.IsCancellationRequested || _underWay.ContainsKey(pod.Uid))
        {
            return;
        }

        if (!TryEnter(pod.Uid, out var begun))
        {
            TooMany(_logger, pod.Namespace, pod.Name, PendingEvictions.Most);
            return;
        }

        var eviction = PendingEviction.Of(pod, why, _time.GetUtcNow());
        Note(_pending.Add(eviction));
        _ = EvictAsync(eviction, begun);
    }

    private bool TryEnter(string uid, out TaskCompletionSource begun)
    {
        begun = new TaskCompletionSource();
        return _underWay.Count < PendingEvictions.Most && _underWay.TryAdd(uid, begun.Task);
    }

    private async Task EvictAsync(PendingEviction eviction, TaskCompletionSource done)
    {
        using var expiry = new CancellationTokenSource(Left(eviction), _time);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token, expiry.Token);
        string? refusal = null;
        try
        {
            var persistent = ApiPipelines.Persistent(_timings, (error, _) => refusal = error.Message);
            await persistent.ExecuteAsync(
                async cancellation =>
                {
                    while (_isDryRun())
                    {
                        refusal = "a dry run evicts nobody";
                        await Task.Delay(_timings.FirstDelay, cancellation);
                    }

                    await AskAsync(eviction, cancellation);
                },
                end.Token);
            Note(_pending.Remove(eviction.Uid));
        }
        catch (OperationCanceledException)
        {
            // At the agent's end it is left to the next one.
            if (!_stopping.IsCancellationRequested)
            {
                Note(_pending.Remove(eviction.Uid));
                GivenUp(_logger, eviction.Namespace, eviction.Name, _timings.Eviction.TotalMinutes, refusal ?? "no answer");
            }
        }
        finally
        {
            _underWay.TryRemove(eviction.Uid, out _);
            done.SetResult();
        }
    }

    // The clock may have been set since: never longer than a whole time, and never for nothing.
    private TimeSpan Left(PendingEviction eviction)
    {
        var left = eviction.Since + _timings.Eviction - _time.GetUtcNow();
        return left <= TimeSpan.Zero ? TimeSpan.FromMilliseconds(1) : left < _timings.Eviction ? left : _timings.Eviction;
    }

    private async Task AskAsync(PendingEviction eviction, CancellationToken stopping)
    {
        var wanted = new EvictionObject(
            new EvictionMetadata(eviction.Name, eviction.Namespace), new EvictionOptions(new EvictionPreconditions(eviction.Uid)));
        try
        {
            await _client.CallAsync(
                HttpMethod.Post,
                $"api/v1/namespaces/{Uri.EscapeDataString(eviction.Namespace)}/pods/{Uri.EscapeDataString(eviction.Name)}/eviction",
                new ApiBody(JsonSerializer.SerializeToUtf8Bytes(wanted, EvictionJson.Default.EvictionObject), ApiClient.Json),
                (response, _) =>
                {
                    response.Dispose();
                    return Task.FromResult(true);
                },
                stopping,
                _calls);
            Evicted(_logger, eviction.Namespace, eviction.Name, eviction.Why);
            _tell(new ClusterEvent(
                "EvictedAfterReap",
                "Evict",
                IsWarning: true,
                ObjectReference.OfPod(eviction.Namespace, eviction.Name, eviction.Uid),
                _node,
                $"evicted after a container of it was killed for the node's sake: {eviction.Why}",
                _time.GetUtcNow())
            {
                Once = $"evicted.{eviction.Uid}",
            });
        }
        catch (ApiException error) when (error.Failure == ApiFailure.NotFound || IsOfAnother(error))
        {
            // It is gone, and another Pod may have its name by now.
        }
        catch (ApiException error) when (error.Failure is ApiFailure.Rejected or ApiFailure.Gone or ApiFailure.Forbidden || HasTwoBudgets(error))
        {
            Refused(_logger, eviction.Namespace, eviction.Name, error.Message);
        }
        catch (Exception error) when (error is not (ApiException or OperationCanceledException))
        {
            throw ApiException.Unexpected(_client.Server, error);
        }
    }

    // Any other conflict is with somebody who writes the Pod or its budget at the same time.
    private static bool IsOfAnother(ApiException error) => error.Failure == ApiFailure.Conflict
        && (error.Said.Contains("the UID in the precondition", StringComparison.Ordinal) || error.Said.Contains("UID in precondition", StringComparison.Ordinal));

    // The API server's answer to that is 500.
    private static bool HasTwoBudgets(ApiException error) =>
        error.Failure == ApiFailure.ServerError && error.Said.Contains("more than one PodDisruptionBudget", StringComparison.Ordinal);

    private void Note(string? trouble)
    {
        if (trouble is not null && !_isNotDurable)
        {
            _isNotDurable = true;
            NotDurable(_logger, trouble);
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

    [LoggerMessage(EventId = 243, EventName = "EvictionTakenUp", Level = LogLevel.Information,
        Message = "the eviction of {PodNamespace}/{Pod}, which an agent before this one began, goes on")]
    private static partial void TakenUp(ILogger logger, string podNamespace, string pod);

    [LoggerMessage(EventId = 244, EventName = "EvictionsNotDurable", Level = LogLevel.Warning,
        Message = "evictions that are under way are lost when the agent ends: {Reason}; fix: make the folder of afterKill.history writable")]
    private static partial void NotDurable(ILogger logger, string reason);

    [LoggerMessage(EventId = 245, EventName = "EvictionsTooMany", Level = LogLevel.Warning,
        Message = "{PodNamespace}/{Pod} is not evicted: {Most} evictions are under way, and no more are begun; see why they do not end (their disruption budgets?)")]
    private static partial void TooMany(ILogger logger, string podNamespace, string pod, int most);
}
