using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NodeReaper.Agent.Metrics;
using NodeReaper.Agent.Reporting;
using NodeReaper.Engine.Reporting;

namespace NodeReaper.Agent.Hosting;

/// <summary>Drains the reports on a thread of its own, so that a slow sink never keeps the kill path waiting.</summary>
internal sealed partial class ReportService(
    ReportRing reports, IEnumerable<IReportSink> sinks, AgentMetrics metrics, ILogger<ReportService> logger)
    : IHostedService, IDisposable
{
    private const int IdleMilliseconds = 500;
    private const int MaxToldAMinute = 10;
    private readonly List<IReportSink> _sinks = [.. sinks];
    private readonly Dictionary<IReportSink, TellingRate> _failures = [];
    private volatile bool _isStopping;
    private long _droppedTold;
    private Thread? _thread;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        metrics.BeginAtZero(_sinks);
        foreach (var file in _sinks.OfType<IncidentFileSink>())
        {
            if (file.Problem() is { } problem)
            {
                NoIncidentFile(logger, problem);
            }
        }

        _thread = new Thread(Work) { Name = "reports", IsBackground = true };
        _thread.Start();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        _isStopping = true;
        _thread?.Join();
        return Task.CompletedTask;
    }

    public void Dispose()
    {
        foreach (var sink in _sinks.OfType<IDisposable>())
        {
            sink.Dispose();
        }
    }

    private void Work()
    {
        while (!_isStopping)
        {
            reports.Wait(IdleMilliseconds);
            Drain();
        }

        // What came in while stopping is still told.
        Drain();
    }

    private void Drain()
    {
        reports.Drain(Tell);
        if (reports.Dropped > _droppedTold)
        {
            Dropped(logger, reports.Dropped - _droppedTold);
            _droppedTold = reports.Dropped;
        }
    }

    // Whatever is wrong with one of them, the others get the report, and the agent goes on.
    private void Tell(ReapReport report)
    {
        foreach (var sink in _sinks)
        {
            try
            {
                sink.Write(report);
            }
            catch (Exception error)
            {
                metrics.Dropped.WithLabels(sink.Name).Inc();
                if (FailuresOf(sink).Line(error.Message) is { } line)
                {
                    SinkFailed(logger, sink.Name, line);
                }
            }
        }
    }

    // Each sink by itself: a full disk must not silence what the others have to say.
    private TellingRate FailuresOf(IReportSink sink)
    {
        if (!_failures.TryGetValue(sink, out var rate))
        {
            _failures[sink] = rate = new TellingRate(MaxToldAMinute, TimeProvider.System);
        }

        return rate;
    }

    [LoggerMessage(EventId = 110, EventName = "SinkFailed", Level = LogLevel.Error, Message = "report sink {Sink} could not write: {Error}")]
    private static partial void SinkFailed(ILogger logger, string sink, string error);

    [LoggerMessage(EventId = 112, EventName = "NoIncidentFile", Level = LogLevel.Error, Message = "{Problem}; protection goes on, and each report tries again")]
    private static partial void NoIncidentFile(ILogger logger, string problem);

    [LoggerMessage(EventId = 111, EventName = "ReportsDropped", Level = LogLevel.Error, Message = "{Count} report(s) dropped: the ring was full")]
    private static partial void Dropped(ILogger logger, long count);
}
