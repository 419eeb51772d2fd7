using System.Diagnostics;
using NodeReaper.Engine.Assessment;
using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Killing;
using NodeReaper.Engine.Reporting;
using NodeReaper.Engine.Verification;

namespace NodeReaper.Agent.Tests.Reporting;

/// <summary>Reports about the container app of the Pod shop/web.</summary>
internal static class Reports
{
    internal static readonly DateTimeOffset Time = new(2026, 7, 1, 10, 0, 0, TimeSpan.Zero);

    internal static ReapReport Of(ReportKind kind, long freedAt = 200)
    {
        var report = new ReapReport
        {
            Kind = kind,
            Time = Time,
            Verdict = new PressureVerdict("available", 100 << 20, false),
            Outcome = new KillOutcome(KillStrategy.Hold, default, 0, default, 1, 1, 0, 100, 150, 180),
            Relief = new ReliefResult(ReliefProof.Cgroup, default, default, freedAt == 0 ? 0 : Stopwatch.Frequency, Stopwatch.Frequency),
        };
        report.KeepContainer(Victim("shop", "web"));
        return report;
    }

    internal static ReportedCandidate Victim(string podNamespace, string name)
    {
        var container = new ContainerFacts("app", "id", 0, null, default);
        return new ReportedCandidate
        {
            Facts = new Candidate
            {
                Cgroup = null!,
                Pod = new PodFacts($"uid-{name}", podNamespace, name, QosClass.Burstable, 0, null, default, [container]),
                Container = container,
            },
        };
    }
}
