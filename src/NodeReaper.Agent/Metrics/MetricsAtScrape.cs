using System.Diagnostics;
using NodeReaper.Agent.Hosting;
using NodeReaper.Agent.Reporting;
using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Reporting;
using NodeReaper.Kernel.Pressure;
using NodeReaper.Kernel.Text;

namespace NodeReaper.Agent.Metrics;

/// <summary>Brings the figures of the moment up to date when somebody scrapes.</summary>
internal sealed class MetricsAtScrape(
    AgentMetrics metrics,
    WorkloadKills workloads,
    RunSettings settings,
    PressureService pressure,
    AgentStates states,
    PodBoard pods,
    ReportRing reports,
    DryRunLedger dryRun)
{
    private readonly long _since = Stopwatch.GetTimestamp();
    private bool _hasBegun;

    internal void Update()
    {
        metrics.Dropped.WithLabels("ring").IncTo(reports.Dropped);
        metrics.CpuSeconds.IncTo(Environment.CpuUsage.TotalTime.TotalSeconds);
        metrics.ResidentBytes.Set(Environment.WorkingSet);
        metrics.WorkloadKills.Set(workloads.MostWithinAnHour(DateTimeOffset.UtcNow));
        metrics.WatchHealthy.Set(states.HealthProblem is null ? 1 : 0);
        if (settings.Pods is not null)
        {
            // Who has not told of the Pods yet is as late as the agent is old.
            metrics.PodSnapshotAge.Set((pods.Age ?? Stopwatch.GetElapsedTime(_since)).TotalSeconds);
        }

        var score = dryRun.Score;
        metrics.DryRunEpisodes.WithLabels("needed").IncTo(score.Needed);
        metrics.DryRunEpisodes.WithLabels("needless").IncTo(score.Needless);
        metrics.DryRunEpisodes.WithLabels("missed").IncTo(score.Missed);
        ReadStall();
        if (pressure.Running is { } running)
        {
            Update(running);
        }
    }

    private void Update(RunningEngine running)
    {
        if (!_hasBegun)
        {
            _hasBegun = true;
            metrics.BeginAtZero(running.Strategy);
            metrics.Build.WithLabels(AgentVersion.Text, CamelCase.Of(running.Strategy)).Set(1);
        }

        var gauges = running.Gauges;
        foreach (var exclusion in Enum.GetValues<Exclusion>())
        {
            metrics.Candidates.WithLabels(exclusion == Exclusion.None ? "candidate" : CamelCase.Of(exclusion)).Set(gauges.Candidates(exclusion));
        }

        metrics.PendingRelease.Set(gauges.PendingBytes);
        metrics.HeldVictims.Set(gauges.HeldVictims);
        metrics.QuarantinedVictims.Set(gauges.UndeadVictims);
        metrics.Available.Set(gauges.AvailableBytes);
        metrics.KillBelow.Set(gauges.KillBelowBytes);
        metrics.SwapToSpare.Set(gauges.SwapToSpareBytes);
        metrics.RecoverTo.Set(gauges.RecoverToBytes);
        metrics.Shortage.WithLabels("node").Set(gauges.NodeShortageBytes);
        metrics.Shortage.WithLabels("slice").Set(gauges.SliceShortageBytes);
        metrics.OwnLimitOomKills.IncTo(gauges.OwnLimitOomKills);
        metrics.ReadingFailures.IncTo(gauges.ReadingFailures);
        metrics.LoopAge.Set(running.Watch.Heartbeat is not 0 and var last ? Stopwatch.GetElapsedTime(last).TotalSeconds : 0);
        foreach (var (call, error, count) in running.Errors.All())
        {
            metrics.KernelErrors.WithLabels(CamelCase.Of(call), error.Name).IncTo(count);
        }
    }

    private void ReadStall()
    {
        try
        {
            var text = File.ReadAllBytes(Path.Combine(settings.ProcRoot, "pressure", "memory"));
            if (PressureStall.Parse(text, out var stall) == ParseOutcome.Ok)
            {
                metrics.PressureStall.WithLabels("waiting").IncTo(stall.SomeTotalMicroseconds / 1e6);
                metrics.PressureStall.WithLabels("stalled").IncTo(stall.FullTotalMicroseconds / 1e6);
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // A kernel without PSI, or a security module that keeps it from us: the other metrics are worth as much without this one.
        }
    }
}
