using NodeReaper.Agent.Control;
using NodeReaper.Agent.Explain;

namespace NodeReaper.Agent.Commands;

/// <summary>The picture of <c>nodereaper top</c>, as large as the window.</summary>
internal static class TopScreen
{
    private const int MostRows = 20;
    private const int LeastRows = 3;

    // Head, state, steps, decision, keys, head of the table, legend and empty lines.
    private const int LinesBesides = 10;

    /// <summary>Puts it together.</summary>
    /// <param name="status">The state of the agent; null when it could not say.</param>
    /// <param name="explained">What would be decided; null when it could not say.</param>
    /// <param name="trouble">Why not.</param>
    /// <param name="height">How many lines there are.</param>
    internal static string Of(StatusDocument? status, ExplainDocument? explained, string? trouble, int height)
    {
        var text = status is null ? "" : StatusCommand.TextOf(status with { Recent = [.. status.Recent.TakeLast(3)] }) + "\n";
        var rows = Math.Clamp(height - text.Count(letter => letter == '\n') - LinesBesides, LeastRows, MostRows);
        return text + (explained is null ? "" : ExplainText.Of(explained, rows)) + (trouble is null ? "" : trouble + "\n");
    }

    /// <summary>Cuts what would not fit: a line that is too long, and those that are too many.</summary>
    /// <param name="text">The text.</param>
    /// <param name="width">The longest line.</param>
    /// <param name="height">The most lines.</param>
    internal static string Cut(string text, int width, int height)
    {
        var lines = text.TrimEnd('\n').Split('\n');
        var shown = lines.Length <= height ? lines : [.. lines.Take(height - 1), $"... {lines.Length - height + 1} more lines"];
        return string.Concat(shown.Select(line => (line.Length <= width ? line : line[..width]) + "\n"));
    }
}
