using NodeReaper.Agent.Metrics;
using NodeReaper.Agent.Tests.Reporting;
using NodeReaper.Engine.Reporting;

namespace NodeReaper.Agent.Tests.Metrics;

public sealed class MetricsSinkTests
{
    [Fact]
    public void The_second_victim_of_a_plan_was_not_detected_late()
    {
        var metrics = new AgentMetrics();
        var sink = new MetricsSink(metrics, new WorkloadKills());
        foreach (var (readAt, freedAt) in new[] { (10, 200), (10, 300), (20, 400) })
        {
            var report = Reports.Of(ReportKind.Killed, freedAt);
            report.Reading = report.Reading with { Timestamp = readAt };
            sink.Write(report);
        }

        Assert.Equal(2, metrics.DetectToSignal.Count);
        Assert.Equal(3, metrics.SignalToFreed.Count);
    }
}
