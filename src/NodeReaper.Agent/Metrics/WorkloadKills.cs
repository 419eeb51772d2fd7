using NodeReaper.Agent.Kubernetes.Eviction;
using NodeReaper.Engine.Reporting;

namespace NodeReaper.Agent.Metrics;

/// <summary>How often the workload that was killed most often was killed within an hour: a number without a name, for an alert. Safe from any thread.</summary>
internal sealed class WorkloadKills
{
    private readonly Lock _counting = new();
    private readonly KillHistory _history = new(null, TimeSpan.FromHours(1));

    /// <summary>Takes note of a kill: of a Pod's controller, or of a Pod that has none or is not known.</summary>
    internal void Note(ReapReport report)
    {
        lock (_counting)
        {
            var pod = report.Victim.Facts.Pod;
            _ = _history.Add(pod?.Workload ?? pod?.Uid ?? report.Victim.PodUid, report.Time);
        }
    }

    /// <summary>The most that there were of one workload.</summary>
    internal int MostWithinAnHour(DateTimeOffset now)
    {
        lock (_counting)
        {
            return _history.Most(now);
        }
    }
}
