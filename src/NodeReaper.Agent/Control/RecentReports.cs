using NodeReaper.Agent.Reporting;
using NodeReaper.Engine.Reporting;

namespace NodeReaper.Agent.Control;

/// <summary>Remembers the last reports, and counts all of them.</summary>
internal sealed class RecentReports : IReportSink
{
    private const int Kept = 20;
    private readonly Lock _lock = new();
    private readonly Queue<RecentReport> _last = new();
    private readonly SortedDictionary<string, long> _counts = new(StringComparer.Ordinal);
    private long _freedBytes;

    public string Name => "status";

    public void Write(ReapReport report)
    {
        var pod = report.HasVictim ? report.Victim.Facts.Pod : null;
        var recent = new RecentReport(report.Time, CamelCase.Of(report.Kind), pod is null ? null : $"{pod.Namespace}/{pod.Name}", ReportSentence.Of(report));
        lock (_lock)
        {
            _last.Enqueue(recent);
            if (_last.Count > Kept)
            {
                _ = _last.Dequeue();
            }

            _counts[recent.Kind] = _counts.GetValueOrDefault(recent.Kind) + 1;
            _freedBytes += report.Kind == ReportKind.Killed ? report.Relief.FreedBytes : 0;
        }
    }

    internal (IReadOnlyList<RecentReport> Last, IReadOnlyDictionary<string, long> Counts, long FreedBytes) Read()
    {
        lock (_lock)
        {
            return ([.. _last], new SortedDictionary<string, long>(_counts, StringComparer.Ordinal), _freedBytes);
        }
    }
}
