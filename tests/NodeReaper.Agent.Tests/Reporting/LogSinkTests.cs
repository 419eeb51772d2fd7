using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;
using NodeReaper.Agent.Commands;
using NodeReaper.Agent.Options;
using NodeReaper.Agent.Reporting;
using NodeReaper.Engine.Reporting;

namespace NodeReaper.Agent.Tests.Reporting;

public sealed class LogSinkTests
{
    [Fact]
    public void A_JSON_line_has_what_one_filters_by_and_the_sentence_as_its_message()
    {
        var report = Reports.Of(ReportKind.Killed);
        var log = new FormattedLog<LogSink>("json");
        new LogSink(log).Write(report);

        var line = JsonDocument.Parse(Assert.Single(log.Lines)).RootElement;
        var state = line.GetProperty("State");
        Assert.Equal(ReportSentence.Of(report), line.GetProperty("Message").GetString());
        Assert.Equal("Warning", line.GetProperty("LogLevel").GetString());
        Assert.Equal(
            ("killed", 0, "available", "shop", "web", "app", "freed"),
            (Text("kind"), state.GetProperty("sequence").GetInt64(), Text("signal"), Text("namespace"), Text("pod"), Text("container"), Text("outcome")));
        Assert.Equal(0, state.GetProperty("freedBytes").GetInt64());
        Assert.Equal(JsonValueKind.Number, state.GetProperty("freedMilliseconds").ValueKind);

        // Nothing was ranked, and the node itself was short.
        Assert.False(state.TryGetProperty("decidingKey", out _));
        Assert.False(state.TryGetProperty("slice", out _));

        string? Text(string name) => state.GetProperty(name).GetString();
    }

    [Fact]
    public void A_line_of_text_is_the_sentence()
    {
        var report = Reports.Of(ReportKind.Killed);
        var log = new FormattedLog<LogSink>("simple");
        new LogSink(log).Write(report);

        Assert.EndsWith($"NodeReaper.Agent.Reporting.LogSink[100] {ReportSentence.Of(report)}\n", Assert.Single(log.Lines), StringComparison.Ordinal);
    }

    [Fact]
    public void Of_refusals_no_more_than_ten_a_minute_are_told_and_kills_all_the_same()
    {
        var log = new RecordingLogger<LogSink>();
        var sink = new LogSink(log);
        for (var i = 0; i < 20; i++)
        {
            sink.Write(Reports.Of(ReportKind.Refused));
        }

        Assert.Equal(10, log.Lines.Count);
        Assert.EndsWith("; more within this minute are not told", log.Lines.Last(), StringComparison.Ordinal);
        sink.Write(Reports.Of(ReportKind.Killed));
        Assert.Equal(11, log.Lines.Count);
    }

    /// <summary>A log as the agent sets it up, into memory.</summary>
    private sealed class FormattedLog<T>(string formatter) : ILogger<T>
    {
        private readonly ConsoleFormatter _formatter = new ServiceCollection()
            .AddLogging(logging => RunCommand.ConfigureLog(logging, new LogOptions { Format = formatter == "json" ? LogFormat.Json : LogFormat.Text }))
            .BuildServiceProvider().GetServices<ConsoleFormatter>().Single(each => each.Name == formatter);

        internal List<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            using var text = new StringWriter();
            _formatter.Write(new LogEntry<TState>(logLevel, typeof(T).FullName!, eventId, state, exception, formatter), null, text);
            Lines.Add(text.ToString());
        }
    }
}
