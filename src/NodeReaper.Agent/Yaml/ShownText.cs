namespace NodeReaper.Agent.Yaml;

/// <summary>Makes text from a file fit for a message: one line, and not long, whatever the file says.</summary>
internal static class ShownText
{
    private const int MaxLength = 80;

    internal static string Of(string text)
    {
        if (text.Length <= MaxLength && !text.Any(char.IsControl))
        {
            return text;
        }

        var shown = text.Length <= MaxLength ? text : $"{text.AsSpan(0, MaxLength)}...";
        return string.Create(shown.Length, shown, (line, source) =>
        {
            for (var i = 0; i < line.Length; i++)
            {
                line[i] = char.IsControl(source[i]) ? '?' : source[i];
            }
        });
    }
}
