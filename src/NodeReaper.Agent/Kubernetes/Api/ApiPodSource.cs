using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NodeReaper.Agent.Hosting;
using Polly;

namespace NodeReaper.Agent.Kubernetes.Api;

/// <summary>
/// Knows the node's Pods from the API server: a list, then a watch from the list's resource version on, taken up again where it
/// ended. Whatever happens, the last good snapshot stays, and nobody waits for the next.
/// </summary>
internal sealed class ApiPodSource : BackgroundService
{
    private const string Path = "api/v1/pods";

    // What is served from the server's cache comes whole anyway; what it has to read from etcd had better come in parts.
    private const int PageSize = 500;

    // The server ends a watch after this; each agent at a time of its own (client-go does the same).
    private const int ShortestWatchSeconds = 300;

    private static readonly TimeSpan s_tooShort = TimeSpan.FromSeconds(10);

    private readonly string _node;
    private readonly ApiClient _client;
    private readonly ApiTimings _timings;
    private readonly PodPublisher _publisher;
    private readonly KnownPods _pods;
    private readonly ResiliencePipeline _persistent;

    // Null: list anew. Empty: list what etcd has, because the cache has not come as far.
    private string? _watchFrom;
    private string _listFrom = "0";

    /// <summary>Makes it; nothing is asked yet.</summary>
    /// <param name="node">The node's name.</param>
    /// <param name="client">The API server.</param>
    /// <param name="timings">How long is waited for what.</param>
    /// <param name="board">Gets each snapshot.</param>
    /// <param name="problems">Is told what is wrong with single Pods.</param>
    /// <param name="logger">Is told of failures, once for as long as they are the same.</param>
    public ApiPodSource(
        string node, ApiClient client, ApiTimings timings, PodBoard board, Action<PodProblem>? problems, ILogger<ApiPodSource> logger)
    {
        _node = node;
        _client = client;
        _timings = timings;
        _publisher = new PodPublisher(client.Server.ToString(), timings, board, problems, logger);
        _pods = new KnownPods(node, _publisher.Tell);
        _persistent = ApiPipelines.Persistent(timings, _publisher.Failed);
    }

    /// <inheritdoc/>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await base.StartAsync(cancellationToken);
        await _publisher.WaitForFirstAsync(cancellationToken);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var publishing = _publisher.RunAsync(_pods.ToSnapshot, stoppingToken);
        try
        {
            while (true)
            {
                await _persistent.ExecuteAsync(async cancellation => await FollowAsync(cancellation), stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            await publishing;
        }
    }

    private async Task FollowAsync(CancellationToken stopping)
    {
        try
        {
            if (_watchFrom is null)
            {
                await ListAsync(stopping);
            }

            await WatchAsync(stopping);
        }
        catch (ApiException error) when (error.Failure == ApiFailure.Gone)
        {
            // A list that is as new as what is known comes from the cache; if that fails, too, etcd is asked.
            _listFrom = _watchFrom ?? "";
            _watchFrom = null;
            throw;
        }
        catch (Exception error) when (error is not (ApiException or OperationCanceledException))
        {
            throw ApiException.Unexpected(_client.Server, error);
        }
    }

    private async Task ListAsync(CancellationToken stopping)
    {
        var listing = _pods.BeginList();
        var page = await _client.ReadPodsAsync($"{Selector}&resourceVersion={Uri.EscapeDataString(_listFrom)}{(_listFrom.Length > 0 ? "" : PageLimit)}", listing.Put, stopping);
        while (page.Continue is { Length: > 0 } token)
        {
            page = await _client.ReadPodsAsync($"{Selector}{PageLimit}&continue={Uri.EscapeDataString(token)}", listing.Put, stopping);
        }

        var version = page.ResourceVersion is { Length: > 0 and <= ManifestObject.MaxTextLength } given
            ? given
            : throw new ApiException(ApiFailure.Nonsense, $"{_client.Server}: the list has no resourceVersion");
        listing.Complete();

        // First: what could not be published is listed again.
        _publisher.Listed(_pods.ToSnapshot);
        _watchFrom = _listFrom = version;
    }

    private static string PageLimit { get; } = string.Create(CultureInfo.InvariantCulture, $"&limit={PageSize}");

    // A Pod that ends leaves the selection: it is told as DELETED.
    private string Selector => $"{Path}?fieldSelector={Uri.EscapeDataString($"spec.nodeName={_node},status.phase!=Succeeded,status.phase!=Failed")}";

    private async Task WatchAsync(CancellationToken stopping)
    {
        var seconds = (int)(ShortestWatchSeconds * (1 + ApiPipelines.Chance()));
        var query = string.Create(
            CultureInfo.InvariantCulture,
            $"&watch=true&allowWatchBookmarks=true&resourceVersion={Uri.EscapeDataString(_watchFrom!)}&timeoutSeconds={seconds}");
        using var response = await _client.CallAsync(HttpMethod.Get, Selector + query, null, (response, _) => Task.FromResult(response), stopping);
        using var body = await response.Content.ReadAsStreamAsync(stopping);
        var watch = new PodWatchReader(body, _timings.Silence);
        var began = Stopwatch.GetTimestamp();
        var hasTold = false;
        _publisher.Succeeded();
        try
        {
            while (await watch.NextAsync(stopping) is var (change, pod))
            {
                Take(change, pod);
                hasTold = true;
            }
        }
        catch (ApiException error) when (hasTold && error.Failure == ApiFailure.Unreachable)
        {
            // It worked until now.
            await NotAllAtOnceAsync(stopping);
            return;
        }

        var lasted = Stopwatch.GetElapsedTime(began);
        if (!hasTold && lasted < s_tooShort)
        {
            throw new ApiException(ApiFailure.Unreachable, $"{_client.Server}: the watch ended at once");
        }

        if (lasted < TimeSpan.FromSeconds(seconds))
        {
            // The server is shutting down in good order.
            await NotAllAtOnceAsync(stopping);
        }
    }

    // Taken up again soon, but not by all agents, which lost it at the same moment.
    private Task NotAllAtOnceAsync(CancellationToken stopping) => Task.Delay(_timings.FirstDelay * ApiPipelines.Chance(), stopping);

    private void Take(PodChange change, PodObject pod)
    {
        switch (change)
        {
            case PodChange.Put:
                _pods.Put(pod);
                _publisher.Changed();
                break;
            case PodChange.Deleted:
                _pods.Remove(pod);
                _publisher.Changed();
                break;
            default:
                _publisher.Confirmed();
                break;
        }

        _watchFrom = _listFrom = pod.Metadata!.ResourceVersion!;
    }
}
