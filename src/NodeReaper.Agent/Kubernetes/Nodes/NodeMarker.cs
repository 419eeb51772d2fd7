using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NodeReaper.Agent.Kubernetes.Api;
using NodeReaper.Agent.Options;

namespace NodeReaper.Agent.Kubernetes.Nodes;

/// <summary>
/// Marks the Node while its pressure does not end, if the policy wants that, and takes the marks away again: when the pressure is gone, at the
/// agent's end, and at its start, should an agent before it have died. Nobody waits for it.
/// </summary>
internal sealed partial class NodeMarker : BackgroundService
{
    private static readonly TimeSpan s_every = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_stopping = TimeSpan.FromSeconds(2);

    private readonly NodeOptions _options;
    private readonly NodeMarks _marks;
    private readonly ApiTimings _timings;
    private readonly SustainedPressure _pressure;
    private readonly Func<bool> _isShort;
    private readonly Func<bool> _isDryRun;
    private readonly TimeProvider _time;
    private readonly ILogger<NodeMarker> _logger;
    private ApiFailure? _trouble;

    // Null while it is not known: an agent before this one may have left a mark, or the answer to a change was lost.
    private bool? _isMarked;
    private volatile bool _mayHaveMarked;

    /// <summary>Makes it; nothing is asked yet.</summary>
    /// <param name="client">The API server.</param>
    /// <param name="node">The node's name.</param>
    /// <param name="options">What the policy wants.</param>
    /// <param name="timings">How long is waited for what.</param>
    /// <param name="pressure">Tells whether the pressure does not end.</param>
    /// <param name="isShort">Tells whether the node is short of memory at this moment.</param>
    /// <param name="isDryRun">Tells whether all that may be done now is to tell.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Is told each mark, its end, and each kind of trouble once.</param>
    public NodeMarker(
        ApiClient client,
        string node,
        NodeOptions options,
        ApiTimings timings,
        SustainedPressure pressure,
        Func<bool> isShort,
        Func<bool> isDryRun,
        TimeProvider time,
        ILogger<NodeMarker> logger)
    {
        _options = options;
        _marks = new NodeMarks(client, node, options);
        _timings = timings;
        _pressure = pressure;
        _isShort = isShort;
        _isDryRun = isDryRun;
        _time = time;
        _logger = logger;
    }

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        if (!_mayHaveMarked)
        {
            return;
        }

        using var end = new CancellationTokenSource(s_stopping);
        try
        {
            await UnmarkAsync(end.Token);
        }
        catch (Exception error) when (error is ApiException or OperationCanceledException)
        {
            StaysMarked(_logger, error is ApiException ? error.Message : "no answer in time");
        }
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await Task.WhenAll(WatchAsync(stoppingToken), FollowAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    // Apart from what waits for the API server, which may take hours.
    private async Task WatchAsync(CancellationToken stopping)
    {
        while (_options.Marks)
        {
            if (_isShort())
            {
                _pressure.Note();
            }

            await Task.Delay(s_every, _time, stopping);
        }
    }

    private async Task FollowAsync(CancellationToken stopping)
    {
        var persistent = ApiPipelines.Persistent(_timings, (error, _) => Failed(error));
        do
        {
            await persistent.ExecuteAsync(async cancellation => await ReconcileAsync(cancellation), stopping);
            await Task.Delay(s_every, _time, stopping);
        }
        while (_options.Marks);
    }

    private async Task ReconcileAsync(CancellationToken stopping)
    {
        var wanted = _options.Marks && _pressure.IsSustained && !_isDryRun();
        if (_isMarked == wanted)
        {
            return;
        }

        try
        {
            _isMarked = null;
            await (wanted ? MarkAsync(stopping) : UnmarkAsync(stopping));
            _isMarked = wanted;
            _trouble = null;
        }
        catch (ApiException error) when (!_options.Marks && error.Failure is ApiFailure.Forbidden or ApiFailure.NotFound)
        {
            // Without the feature nobody needs to have its rights; and no mark is known of.
        }
        catch (Exception error) when (error is not (ApiException or OperationCanceledException))
        {
            throw ApiException.Unexpected(_marks.Server, error);
        }
    }

    private async Task MarkAsync(CancellationToken stopping)
    {
        _mayHaveMarked = true;
        await _marks.MarkAsync(
            "NodeReaper: this node has been short of memory, or had containers killed for that, again and again", _time.GetUtcNow(), stopping);
        Marked(_logger, _options.UnmarkAfter.TotalSeconds);
    }

    private async Task UnmarkAsync(CancellationToken stopping)
    {
        if (await _marks.UnmarkAsync(stopping))
        {
            Unmarked(_logger, _mayHaveMarked ? "" : ", which an agent before this one had left");
        }

        _mayHaveMarked = false;
    }

    private void Failed(ApiException error)
    {
        // Somebody else has just written the Node: it is read again. Without the feature there is nothing to tell of.
        if (!_options.Marks || _trouble == error.Failure || error.Failure == ApiFailure.Exists)
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
            IsAway(_logger, error.Message);
        }
    }

    [LoggerMessage(EventId = 250, EventName = "NodeMarked", Level = LogLevel.Warning,
        Message = "the Node is marked (taint or condition): its memory pressure does not end; until there is none for {Seconds:0} s")]
    private static partial void Marked(ILogger logger, double seconds);

    [LoggerMessage(EventId = 251, EventName = "NodeUnmarked", Level = LogLevel.Information, Message = "the Node is no longer marked{Remark}")]
    private static partial void Unmarked(ILogger logger, string remark);

    [LoggerMessage(EventId = 252, EventName = "NodeMarksForbidden", Level = LogLevel.Error,
        Message = "{Reason}; the Node is not marked or unmarked; fix: grant it to the agent's service account (docs/cluster.md#rights)")]
    private static partial void IsForbidden(ILogger logger, string reason);

    [LoggerMessage(EventId = 253, EventName = "NodeMarksWait", Level = LogLevel.Warning, Message = "{Reason}; the Node's marks stay as they are until it answers")]
    private static partial void IsAway(ILogger logger, string reason);

    [LoggerMessage(EventId = 254, EventName = "NodeStaysMarked", Level = LogLevel.Warning,
        Message = "the Node may stay marked until an agent starts here: {Reason}")]
    private static partial void StaysMarked(ILogger logger, string reason);
}
