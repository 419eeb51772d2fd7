using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NodeReaper.Agent.Kubernetes.Api;
using NodeReaper.Agent.Kubernetes.Events;
using NodeReaper.Agent.Options;

namespace NodeReaper.Agent.Kubernetes.Nodes;

/// <summary>
/// Marks the Node while its pressure does not end, if the policy wants that, and takes the marks away again: when the pressure is gone, at the
/// agent's end, and at its start, should an agent before it have died or the policy have changed. Nobody waits for it.
/// </summary>
internal sealed partial class NodeMarker : BackgroundService
{
    private static readonly TimeSpan s_every = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_stopping = TimeSpan.FromSeconds(2);

    // Somebody may have taken a mark away, or made the Node anew.
    private static readonly TimeSpan s_again = TimeSpan.FromMinutes(5);

    private readonly NodeOptions _options;
    private readonly string _node;
    private readonly NodeMarks _marks;
    private readonly MarkNote _note;
    private readonly ApiTimings _timings;
    private readonly SustainedPressure _pressure;
    private readonly Func<bool> _isShort;
    private readonly Func<bool> _isDryRun;
    private readonly Action<ClusterEvent> _tell;
    private readonly TimeProvider _time;
    private readonly ILogger<NodeMarker> _logger;
    private (ApiFailure Failure, bool StaysMarked)? _trouble;

    // Null while it is not known: an agent before this one may have left a mark, or the answer to a change was lost.
    private bool? _isMarked;
    private bool _isMarking;
    private long _knownAt;
    private bool _isNotDurable;
    private volatile bool _mayHaveMarked;

    /// <summary>Makes it; nothing is asked yet.</summary>
    /// <param name="client">The API server.</param>
    /// <param name="node">The node's name.</param>
    /// <param name="options">What the policy wants.</param>
    /// <param name="note">What one agent leaves for the next.</param>
    /// <param name="timings">How long is waited for what.</param>
    /// <param name="pressure">Tells whether the pressure does not end.</param>
    /// <param name="isShort">Tells whether the node is short of memory at this moment.</param>
    /// <param name="isDryRun">Tells whether all that may be done now is to tell.</param>
    /// <param name="tell">Takes an Event when a mark cannot be taken away.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Is told each mark, its end, and each kind of trouble once.</param>
    public NodeMarker(
        ApiClient client,
        string node,
        NodeOptions options,
        MarkNote note,
        ApiTimings timings,
        SustainedPressure pressure,
        Func<bool> isShort,
        Func<bool> isDryRun,
        Action<ClusterEvent> tell,
        TimeProvider time,
        ILogger<NodeMarker> logger)
    {
        _options = options;
        _node = node;
        _note = note;
        _tell = tell;
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
        // Without the feature most nodes never had a mark, and 10,000 agents that ask for it at once are many.
        if (!_options.Marks && !_note.MayBeMarked)
        {
            return;
        }

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
        if (_isMarked == wanted && !(wanted && _time.GetElapsedTime(_knownAt) >= s_again))
        {
            return;
        }

        try
        {
            (_isMarked, _isMarking) = (null, wanted);
            await (wanted ? MarkAsync(stopping) : UnmarkAsync(stopping));
            (_isMarked, _knownAt) = (wanted, _time.GetTimestamp());
            _trouble = null;
        }
        catch (ApiException error) when (!_options.Marks && error.Failure == ApiFailure.NotFound)
        {
            // There is no such Node, and nothing on it.
            Note(_note.Remove());
        }
        catch (ApiException error) when (!_options.Marks && error.Failure == ApiFailure.Forbidden && !_note.IsWritten)
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
        if (await _marks.MarkAsync(
            "NodeReaper: this node has been short of memory, or had containers killed for that, again and again", _time.GetUtcNow(), Before, stopping))
        {
            Marked(_logger, _options.UnmarkAfter.TotalSeconds);
        }
    }

    private void Before()
    {
        _mayHaveMarked = true;
        if (!_note.IsWritten)
        {
            Note(_note.Write());
        }
    }

    private async Task UnmarkAsync(CancellationToken stopping)
    {
        if (await _marks.UnmarkAsync(stopping))
        {
            Unmarked(_logger, _mayHaveMarked ? "" : ", which an agent before this one had left");
        }

        _mayHaveMarked = false;
        Note(_note.Remove());
    }

    private void Note(string? trouble)
    {
        if (trouble is not null && !_isNotDurable)
        {
            _isNotDurable = true;
            NotDurable(_logger, trouble);
        }
    }

    private void Failed(ApiException error)
    {
        // Somebody else has just written the Node: it is read again. Without the feature, and a mark, there is nothing to tell of.
        var trouble = (error.Failure, StaysMarked: error.Failure == ApiFailure.Forbidden && _note.IsWritten && !_isMarking);
        if (!(_options.Marks || _note.IsWritten) || _trouble == trouble || error.Failure == ApiFailure.Conflict)
        {
            return;
        }

        _trouble = trouble;
        if (trouble.StaysMarked)
        {
            MayNotUnmark(_logger, error.Message, _marks.ByHand);
            _tell(new ClusterEvent(
                "ReaperDegraded",
                "UnmarkNode",
                IsWarning: true,
                ObjectReference.OfNode(_node),
                null,
                $"the Node may stay marked as short of memory: the right to change that is missing; grant it, or take the taint away: {_marks.ByHand}",
                _time.GetUtcNow()));
        }
        else if (error.Failure == ApiFailure.Forbidden)
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

    [LoggerMessage(EventId = 255, EventName = "NodeUnmarkForbidden", Level = LogLevel.Error,
        Message = "{Reason}; the Node may stay marked, and takes no more Pods; fix: grant it to the agent's service account (docs/cluster.md#rights), which tries "
        + "again, or take the taint away: {ByHand}")]
    private static partial void MayNotUnmark(ILogger logger, string reason, string byHand);

    [LoggerMessage(EventId = 256, EventName = "NodeMarksNotDurable", Level = LogLevel.Warning,
        Message = "an agent after this one may not know of the Node's marks: {Reason}; fix: make the folder of afterKill.history writable")]
    private static partial void NotDurable(ILogger logger, string reason);
}
