namespace NodeReaper.Kernel.Text;

/// <summary>What all kernel text files have in common: lines of ASCII, each ended by a newline.</summary>
internal static class KernelText
{
    /// <summary>Tells whether the text ends where a line ends. What a cut between two lines leaves out, only a missing key can tell.</summary>
    internal static ParseOutcome CheckEnd(ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty)
        {
            return ParseOutcome.Empty;
        }

        return text[^1] == (byte)'\n' ? ParseOutcome.Ok : ParseOutcome.Torn;
    }

    /// <summary>Takes the one line that a single-value file has, without its newline. A second line is <see cref="ParseOutcome.Malformed"/>.</summary>
    internal static ParseOutcome TakeOnlyLine(ReadOnlySpan<byte> text, out ReadOnlySpan<byte> line)
    {
        line = default;
        var outcome = CheckEnd(text);
        if (outcome != ParseOutcome.Ok)
        {
            return outcome;
        }

        line = text[..^1];
        return line.Contains((byte)'\n') ? ParseOutcome.Malformed : ParseOutcome.Ok;
    }

    /// <summary>Splits off what comes before the first separator; without one, all of it, and nothing remains.</summary>
    internal static ReadOnlySpan<byte> TakeUntil(byte separator, scoped ref ReadOnlySpan<byte> rest)
    {
        var end = rest.IndexOf(separator);
        var taken = end < 0 ? rest : rest[..end];
        rest = end < 0 ? default : rest[(end + 1)..];
        return taken;
    }
}
