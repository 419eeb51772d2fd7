namespace NodeReaper.Agent.Yaml;

/// <summary>Makes text from a file fit for a message: one line, and not long, whatever the file says.</summary>
internal static class ShownText
{
    private const int MaxLength = 80;

    /// <summary>Makes it fit.</summary>
    /// <param name="text">The text.</param>
    /// <param name="maxLength">In characters; what is beyond is cut off.</param>
    internal static string Of(string text, int maxLength = MaxLength)
    {
        if (text.Length <= maxLength && !text.Any(char.IsControl))
        {
            return text;
        }

        var shown = text.Length <= maxLength ? text : $"{text.AsSpan(0, maxLength)}...";
        return string.Create(shown.Length, shown, (line, source) =>
        {
            for (var i = 0; i < line.Length; i++)
            {
                line[i] = char.IsControl(source[i]) ? '?' : source[i];
            }
        });
    }
}
