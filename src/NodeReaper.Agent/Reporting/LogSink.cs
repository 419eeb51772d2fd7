using Microsoft.Extensions.Logging;
using NodeReaper.Engine.Reporting;

namespace NodeReaper.Agent.Reporting;

/// <summary>Writes one line for each report to the log.</summary>
internal sealed partial class LogSink(ILogger<LogSink> logger) : IReportSink
{
    public string Name => "log";

    public void Write(ReapReport report)
    {
        var sentence = ReportSentence.Of(report);
        switch (report.Kind)
        {
            case ReportKind.Killed:
                Killed(logger, sentence);
                break;
            case ReportKind.DryRun:
                DryRun(logger, sentence);
                break;
            case ReportKind.Drained:
                Drained(logger, sentence);
                break;
            case ReportKind.KernelOom:
                KernelOom(logger, sentence);
                break;
            case ReportKind.Observed or ReportKind.Reclaimed or ReportKind.Throttled or ReportKind.Unthrottled or ReportKind.Terminated:
                Stage(logger, sentence);
                break;
            case ReportKind.Livelocked:
                Livelocked(logger, sentence);
                break;
            default:
                NotKilled(logger, sentence);
                break;
        }
    }

    [LoggerMessage(EventId = 100, EventName = "Reaped", Level = LogLevel.Warning, Message = "{Report}")]
    private static partial void Killed(ILogger logger, string report);

    [LoggerMessage(EventId = 101, EventName = "ReapDryRun", Level = LogLevel.Warning, Message = "{Report}")]
    private static partial void DryRun(ILogger logger, string report);

    [LoggerMessage(EventId = 104, EventName = "KernelOomBeatReaper", Level = LogLevel.Error, Message = "{Report}")]
    private static partial void KernelOom(ILogger logger, string report);

    [LoggerMessage(EventId = 103, EventName = "ReapDrained", Level = LogLevel.Information, Message = "{Report}")]
    private static partial void Drained(ILogger logger, string report);

    [LoggerMessage(EventId = 105, EventName = "Stage", Level = LogLevel.Warning, Message = "{Report}")]
    private static partial void Stage(ILogger logger, string report);

    [LoggerMessage(EventId = 106, EventName = "Livelocked", Level = LogLevel.Warning, Message = "{Report}")]
    private static partial void Livelocked(ILogger logger, string report);

    [LoggerMessage(EventId = 102, EventName = "ReaperDegraded", Level = LogLevel.Error, Message = "{Report}")]
    private static partial void NotKilled(ILogger logger, string report);
}
