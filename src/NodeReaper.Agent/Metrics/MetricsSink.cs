using System.Diagnostics;
using NodeReaper.Agent.Reporting;
using NodeReaper.Engine.Reporting;

namespace NodeReaper.Agent.Metrics;

/// <summary>Counts what the reports tell.</summary>
internal sealed class MetricsSink(AgentMetrics metrics, WorkloadKills workloads) : IReportSink
{
    private long _detectedAt;

    public string Name => "metrics";

    public void Write(ReapReport report)
    {
        switch (report.Kind)
        {
            case ReportKind.Killed or ReportKind.Refused:
                CountKill(report);
                break;
            case ReportKind.DryRun:
                metrics.WouldKill.WithLabels(report.Verdict.Signal ?? "", report.Victim.Facts.QosClass.ToString()).Inc();
                break;
            case ReportKind.NoVictim:
                metrics.WithoutVictim.Inc();
                break;
            case ReportKind.Capped:
                metrics.Capped.Inc();
                break;
            case ReportKind.KernelOom:
                metrics.KernelOomKills.Inc(report.KernelOomCount);
                break;
            case ReportKind.Attributed:
                metrics.AttributedStalls.Inc();
                break;
            case ReportKind.Livelocked:
                metrics.Livelocks.Inc();
                break;
            case ReportKind.Observed or ReportKind.Reclaimed or ReportKind.Throttled or ReportKind.Unthrottled or ReportKind.Terminated:
                metrics.Stages.WithLabels(CamelCase.Of(report.Kind)).Inc();
                break;
            default:
                break;
        }
    }

    private void CountKill(ReapReport report)
    {
        var outcome = report.Outcome;
        metrics.Kills.WithLabels(
            CamelCase.Of(outcome.Strategy), IncidentRecords.OutcomeOf(report), report.Verdict.Signal ?? "", report.Victim.Facts.QosClass.ToString()).Inc();
        if (!outcome.IsKilled)
        {
            return;
        }

        workloads.Note(report);
        metrics.FreedBytes.Inc(Math.Max(0, report.Relief.FreedBytes));
        if (report.Reading.Timestamp != _detectedAt)
        {
            // Whoever dies after another of the same plan waited for that one's end.
            _detectedAt = report.Reading.Timestamp;
            Observe(metrics.DetectToSignal, _detectedAt, outcome.SignalledAt);
        }

        Observe(metrics.SignalToFreed, outcome.SignalledAt, report.Relief.FreedAt);
        foreach (ref readonly var process in report.Processes)
        {
            if (process.ReleaseAttempts > 0)
            {
                metrics.ReleaseResults.WithLabels(process.ReleaseError.Name).Inc();
            }
        }
    }

    private static void Observe(Prometheus.Histogram histogram, long from, long to)
    {
        if (from != 0 && to != 0)
        {
            histogram.Observe(Math.Max(0, to - from) / (double)Stopwatch.Frequency);
        }
    }
}
