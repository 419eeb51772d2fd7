using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace NodeReaper.Agent.Tests;

/// <summary>Keeps the lines of a log: level, name of the event, message.</summary>
internal sealed class RecordingLogger<T> : ILogger<T>
{
    internal ConcurrentQueue<string> Lines { get; } = [];

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Lines.Enqueue($"{logLevel} {eventId.Name} {formatter(state, exception)}");
}
