using System.Diagnostics;
using NodeReaper.Agent.Hosting;
using NodeReaper.Agent.Reporting;
using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Policy;

namespace NodeReaper.Agent.Control;

/// <summary>Puts the state of the agent together.</summary>
internal static class StatusDocuments
{
    internal static StatusDocument Of(RunningEngine running, string? node, ReapPolicy policy, RecentReports recent, DryRunScore score, TimeSpan? podsAge)
    {
        var gauges = running.Gauges;
        var (last, counts, freedBytes) = recent.Read();
        return new StatusDocument
        {
            Node = node,
            AgentVersion = AgentVersion.Text,
            Strategy = CamelCase.Of(running.Strategy),
            DryRun = policy.DryRun,
            DryRunNamespaces = policy.DryRunNamespaces,
            UptimeSeconds = Math.Round(Stopwatch.GetElapsedTime(running.Since).TotalSeconds, 1),
            LoopAgeSeconds = Math.Round(Stopwatch.GetElapsedTime(running.Watch.Heartbeat).TotalSeconds, 3),
            PodsAgeSeconds = podsAge is { } age ? Math.Round(age.TotalSeconds, 1) : null,
            AvailableBytes = gauges.AvailableBytes,
            KillBelowBytes = gauges.KillBelowBytes,
            SwapToSpareBytes = gauges.SwapToSpareBytes,
            Containers = Enum.GetValues<Exclusion>()
                .Where(exclusion => gauges.Candidates(exclusion) > 0)
                .ToDictionary(exclusion => exclusion == Exclusion.None ? "candidate" : CamelCase.Of(exclusion), gauges.Candidates),
            PendingReleaseBytes = gauges.PendingBytes,
            HeldVictims = gauges.HeldVictims,
            Reports = counts,
            FreedBytes = freedBytes,
            DryRunEpisodes = score,
            Recent = last,
        };
    }
}
