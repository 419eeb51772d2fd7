using NodeReaper.Agent.Metrics;
using NodeReaper.Agent.Tests.Reporting;
using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Reporting;

namespace NodeReaper.Agent.Tests.Metrics;

public sealed class WorkloadKillsTests
{
    private readonly WorkloadKills _kills = new();

    [Fact]
    public void The_workload_that_was_killed_most_often_within_the_hour_counts()
    {
        Assert.Equal(0, _kills.MostWithinAnHour(Reports.Time));
        Note("web-1", "web", minute: 0);
        Note("web-2", "web", minute: 30);
        Note("db", null, minute: 40);
        Assert.Equal(2, _kills.MostWithinAnHour(Reports.Time.AddMinutes(59)));
        Assert.Equal(1, _kills.MostWithinAnHour(Reports.Time.AddMinutes(61)));
        Assert.Equal(0, _kills.MostWithinAnHour(Reports.Time.AddMinutes(120)));
    }

    private void Note(string name, string? workload, int minute)
    {
        var report = Reports.Of(ReportKind.Killed);
        report.Time = Reports.Time.AddMinutes(minute);
        var victim = Reports.Victim("shop", name);
        victim.Facts.Pod = new PodFacts($"uid-{name}", "shop", name, QosClass.Burstable, 0, null, default, []) { Workload = workload };
        report.KeepContainer(victim);
        _kills.Note(report);
    }
}
