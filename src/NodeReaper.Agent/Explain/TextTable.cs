using System.Text;

namespace NodeReaper.Agent.Explain;

/// <summary>Lines of cells, each column as wide as its widest cell.</summary>
/// <param name="heads">The heads of the columns; those that begin with a space have their cells at the right.</param>
internal sealed class TextTable(params string[] heads)
{
    private const string Gap = "  ";
    private readonly List<string[]> _rows = [[.. heads.Select(head => head.TrimStart())]];

    internal void Add(params string[] cells) => _rows.Add(cells);

    /// <inheritdoc/>
    public override string ToString()
    {
        var text = new StringBuilder();
        var widths = heads.Select((_, column) => _rows.Max(row => row[column].Length)).ToArray();
        foreach (var row in _rows)
        {
            var cells = row.Select((cell, column) => heads[column].StartsWith(' ') ? cell.PadLeft(widths[column]) : cell.PadRight(widths[column]));
            text.AppendLine(string.Join(Gap, cells).TrimEnd());
        }

        return text.ToString();
    }
}
