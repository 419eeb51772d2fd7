using Microsoft.Extensions.Hosting;

namespace NodeReaper.Agent.Kubernetes.Events;

/// <summary>
/// Tells on the Node when the agent protects less well than it could: once when that begins, and not again within an hour, however often it comes
/// and goes.
/// </summary>
/// <param name="queue">Takes the Events.</param>
/// <param name="node">The node's name.</param>
/// <param name="look">Gives the agent's state; null before it watches, when the log tells.</param>
/// <param name="time">The clock.</param>
internal sealed class DegradationWatch(EventQueue queue, string node, Func<AgentState?> look, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan s_every = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_again = TimeSpan.FromHours(1);
    private readonly Dictionary<string, long> _toldAt = new(StringComparer.Ordinal);
    private HashSet<string> _lasting = [];

    /// <summary>Tells what has begun since the last look.</summary>
    internal void Look()
    {
        if (look() is not { } state)
        {
            return;
        }

        var lasting = new HashSet<string>();
        foreach (var (action, note) in Degradation.All(state))
        {
            lasting.Add(action);
            if (!_lasting.Contains(action) && (!_toldAt.TryGetValue(action, out var told) || time.GetElapsedTime(told) >= s_again))
            {
                _toldAt[action] = time.GetTimestamp();
                queue.Add(new ClusterEvent("ReaperDegraded", action, IsWarning: true, ObjectReference.OfNode(node), null, note, time.GetUtcNow()));
            }
        }

        _lasting = lasting;
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
}
