using System.Text;

namespace NodeReaper.Agent.Reporting;

/// <summary>Makes texts fit where their length in bytes of UTF-8 is bounded.</summary>
internal static class ShortText
{
    private const string Cut = "...";

    internal static string Of(string text, int maxBytes)
    {
        if (Encoding.UTF8.GetByteCount(text) <= maxBytes)
        {
            return text;
        }

        var shorter = new StringBuilder();
        var bytes = Cut.Length;
        foreach (var rune in text.EnumerateRunes())
        {
            bytes += rune.Utf8SequenceLength;
            if (bytes > maxBytes)
            {
                break;
            }

            shorter.Append(rune);
        }

        return shorter.Append(Cut).ToString();
    }
}
