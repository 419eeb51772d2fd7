using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NodeReaper.Agent.Hosting;
using Polly;

namespace NodeReaper.Agent.Kubernetes.Api;

/// <summary>
/// Knows the node's Pods from its kubelet, which is asked again and again: it has no watch. It goes on when the API server is away,
/// and tells of static Pods under the UID that their cgroups have.
/// </summary>
internal sealed class KubeletPodSource : BackgroundService
{
    private readonly ApiClient _client;
    private readonly ApiTimings _timings;
    private readonly PodPublisher _publisher;
    private readonly KnownPods _pods;
    private readonly ResiliencePipeline _persistent;

    /// <summary>Makes it; nothing is asked yet.</summary>
    /// <param name="client">The kubelet.</param>
    /// <param name="timings">How long is waited for what.</param>
    /// <param name="board">Gets each snapshot.</param>
    /// <param name="problems">Is told what is wrong with single Pods.</param>
    /// <param name="logger">Is told of failures, once for as long as they are the same.</param>
    public KubeletPodSource(
        ApiClient client, ApiTimings timings, PodBoard board, Action<PodProblem>? problems, ILogger<KubeletPodSource> logger)
    {
        _client = client;
        _timings = timings;
        _publisher = new PodPublisher(client.Server.ToString(), timings, board, problems, logger);
        _pods = new KnownPods(null, _publisher.Tell);
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
        try
        {
            while (true)
            {
                await _persistent.ExecuteAsync(async cancellation => await ListAsync(cancellation), stoppingToken);
                await Task.Delay(_timings.Poll * (0.9 + (ApiPipelines.Chance() / 5)), stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    private async Task ListAsync(CancellationToken stopping)
    {
        var listing = _pods.BeginList();
        try
        {
            await _client.ReadPodsAsync("pods", listing.Put, stopping);
            listing.Complete();
            _publisher.Listed(_pods.ToSnapshot);
        }
        catch (Exception error) when (error is not (ApiException or OperationCanceledException))
        {
            throw ApiException.Unexpected(_client.Server, error);
        }
    }
}
