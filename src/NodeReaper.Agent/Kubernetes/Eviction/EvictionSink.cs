using System.Globalization;
using NodeReaper.Agent.Options;
using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Reporting;

namespace NodeReaper.Agent.Kubernetes.Eviction;

/// <summary>
/// Decides whether a Pod of which a container was killed goes away: because its annotation asks for that, or because it, or others of its
/// workload, were killed here too often. Who goes away already, and who would be made again right here, stays out of it.
/// </summary>
internal sealed class EvictionSink(AfterKillOptions options, KillHistory history, Action<PodFacts, string> evict) : IReportSink
{
    // Of system-cluster-critical on: who is that important is never sent away.
    private const int Critical = 2_000_000_000;

    /// <inheritdoc/>
    public string Name => "evictions";

    /// <inheritdoc/>
    public void Write(ReapReport report)
    {
        if (report.Kind != ReportKind.Killed || report.Victim.Facts.Pod is not { } pod || pod.IsStatic || pod.Priority >= Critical
            || pod.IsTerminating || pod.WorkloadKind == "DaemonSet")
        {
            return;
        }

        if (options.Evict && pod.AfterKill == AfterKill.Evict)
        {
            evict(pod, "its annotation nodereaper.io/after-kill asks for that");
        }

        // Without a controller nobody makes another: that is for its owner to ask for.
        if (options.EvictAfter == 0 || pod.Workload is not { } workload)
        {
            return;
        }

        var kills = history.Add(workload, report.Time);
        if (kills >= options.EvictAfter)
        {
            evict(pod, string.Create(
                CultureInfo.InvariantCulture, $"its workload was killed {kills} times within {options.Window.TotalMinutes:0.#} min on this node"));
        }

        history.Save();
    }
}
