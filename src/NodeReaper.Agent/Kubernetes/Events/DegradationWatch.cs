using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NodeReaper.Agent.Metrics;

namespace NodeReaper.Agent.Kubernetes.Events;

/// <summary>
/// Shows in the metrics while the agent protects less well than it could, and tells in the log and, where Events are sent, on the Node: once when
/// that begins, and not again within an hour, however often it comes and goes.
/// </summary>
/// <param name="metrics">Show it.</param>
/// <param name="queue">Takes the Events; null where none are sent.</param>
/// <param name="node">The node's name; null when it is not known, and nothing can be said about it.</param>
/// <param name="look">Gives the agent's state; null before it watches.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">The log.</param>
internal sealed partial class DegradationWatch(
    AgentMetrics metrics, EventQueue? queue, string? node, Func<AgentState?> look, TimeProvider time, ILogger<DegradationWatch> logger)
    : BackgroundService
{
    private static readonly TimeSpan s_every = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_again = TimeSpan.FromHours(1);
    private readonly Dictionary<string, long> _toldAt = new(StringComparer.Ordinal);
    private HashSet<string> _lasting = [];
    private long _failures;

    /// <summary>Shows what lasts, and tells what has begun since the last look.</summary>
    internal void Look()
    {
        if (look() is not { } state)
        {
            return;
        }

        var now = Degradation.All(state, _failures).ToList();
        _failures = state.FailedReadings;
        foreach (var reason in Degradation.Reasons)
        {
            metrics.Degraded.WithLabels(reason).Set(now.Exists(each => each.Reason == reason) ? 1 : 0);
        }

        foreach (var each in now.Where(each => !_lasting.Contains(each.Action)))
        {
            if (!_toldAt.TryGetValue(each.Action, out var told) || time.GetElapsedTime(told) >= s_again)
            {
                _toldAt[each.Action] = time.GetTimestamp();
                Tell(each);
            }
        }

        _lasting = [.. now.Select(each => each.Action)];
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                await Task.Delay(s_every, time, stoppingToken);
                Look();
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
        }
    }

    private void Tell(Degradation degradation)
    {
        Degraded(logger, degradation.Reason, degradation.Note);
        if (node is not null)
        {
            queue?.Add(new ClusterEvent(
                "ReaperDegraded", degradation.Action, IsWarning: true, ObjectReference.OfNode(node), null, degradation.Note, time.GetUtcNow()));
        }
    }

    [LoggerMessage(EventId = 250, EventName = "Degraded", Level = LogLevel.Warning, Message = "degraded ({Reason}): {Note}")]
    private static partial void Degraded(ILogger logger, string reason, string note);
}
