using Microsoft.Extensions.Logging;
using NodeReaper.Engine.Reporting;

namespace NodeReaper.Agent.Reporting;

/// <summary>Writes one line for each report to the log. Of refusals, which may come with every round, only some in a minute.</summary>
internal sealed class LogSink(ILogger<LogSink> logger) : IReportSink
{
    private const int MaxRefusalsAMinute = 10;
    private readonly TellingRate _refusals = new(MaxRefusalsAMinute, TimeProvider.System);

    public string Name => "log";

    public void Write(ReapReport report)
    {
        var sentence = ReportSentence.Of(report);
        var line = report.Kind == ReportKind.Refused ? _refusals.Line(sentence) : sentence;
        if (line is not null)
        {
            var (level, id, name) = EventOf(report.Kind);
            logger.Log(level, new EventId(id, name), new LoggedReport(report, line), null, static (report, _) => report.ToString());
        }
    }

    private static (LogLevel Level, int Id, string Name) EventOf(ReportKind kind) => kind switch
    {
        ReportKind.Killed => (LogLevel.Warning, 100, "Reaped"),
        ReportKind.DryRun => (LogLevel.Warning, 101, "ReapDryRun"),
        ReportKind.Drained => (LogLevel.Information, 103, "ReapDrained"),
        ReportKind.KernelOom => (LogLevel.Error, 104, "KernelOomBeatReaper"),
        ReportKind.Observed or ReportKind.Reclaimed or ReportKind.Throttled or ReportKind.Unthrottled or ReportKind.Terminated =>
            (LogLevel.Warning, 105, "Stage"),
        ReportKind.Attributed => (LogLevel.Information, 107, "StallAttributed"),
        ReportKind.Livelocked => (LogLevel.Warning, 106, "Livelocked"),
        _ => (LogLevel.Error, 102, "ReaperDegraded"),
    };
}
