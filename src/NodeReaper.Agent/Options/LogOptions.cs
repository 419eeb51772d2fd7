using Microsoft.Extensions.Logging;

namespace NodeReaper.Agent.Options;

/// <summary>How the agent logs, on standard output.</summary>
internal sealed record LogOptions
{
    /// <summary>Lines for people, or JSON.</summary>
    public LogFormat Format { get; init; }

    /// <summary>Less important lines than this are left out.</summary>
    public LogLevel Level { get; init; } = LogLevel.Information;
}

/// <summary>How a log line looks.</summary>
internal enum LogFormat
{
    /// <summary>A line for people.</summary>
    Text,

    /// <summary>A JSON object a line.</summary>
    Json,
}
