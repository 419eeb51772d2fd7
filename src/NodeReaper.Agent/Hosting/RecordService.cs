using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NodeReaper.Agent.Metrics;
using NodeReaper.Agent.Recording;
using NodeReaper.Agent.Reporting;
using NodeReaper.Engine.Recording;

namespace NodeReaper.Agent.Hosting;

/// <summary>Writes the records on a thread of its own, so that nothing waits for the disk. A disk that is full or read-only costs records, and nothing else.</summary>
internal sealed partial class RecordService(FlightRecorder recorder, RunSettings settings, AgentMetrics metrics, ILogger<RecordService> logger)
    : IHostedService, IDisposable
{
    private const string Name = "record";
    private const int IntervalMilliseconds = 250;
    private const int MaxToldAMinute = 10;
    private readonly RecordWriter _writer = new(recorder, settings.Policy.Record, settings.Node);
    private readonly ManualResetEventSlim _stop = new();
    private readonly TellingRate _toldOf = new(MaxToldAMinute, TimeProvider.System);
    private long _failures;
    private Thread? _thread;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _thread = new Thread(Run) { Name = "records", IsBackground = true };
        _thread.Start();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        _stop.Set();
        _thread?.Join();
        return Task.CompletedTask;
    }

    public void Dispose()
    {
        _writer.Dispose();
        _stop.Dispose();
    }

    private void Run()
    {
        while (!_stop.Wait(IntervalMilliseconds))
        {
            Work(isLast: false);
        }

        Work(isLast: true);
    }

    private void Work(bool isLast)
    {
        try
        {
            if (_writer.Work(isLast) is { } path)
            {
                Recorded(logger, path);
            }
        }
        catch (Exception error)
        {
            _failures++;
            if (_toldOf.Line(error.Message) is { } line)
            {
                NotRecorded(logger, line);
            }
        }

        metrics.Dropped.WithLabels(Name).IncTo(_failures + recorder.Lost);
    }

    [LoggerMessage(EventId = 120, EventName = "Recorded", Level = LogLevel.Information, Message = "recorded: {File}")]
    private static partial void Recorded(ILogger logger, string file);

    [LoggerMessage(EventId = 121, EventName = "NotRecorded", Level = LogLevel.Error, Message = "not recorded: {Error}; protection goes on")]
    private static partial void NotRecorded(ILogger logger, string error);
}
