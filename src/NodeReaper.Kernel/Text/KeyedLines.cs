namespace NodeReaper.Kernel.Text;

/// <summary>
/// Walks a text of lines that each hold a key and a value. The reader offers each line its keys with
/// <see cref="Take"/>; a line that none of them takes is a key of another kernel and is passed over, whatever its form.
/// A key that comes twice counts the first time.
/// </summary>
internal ref struct KeyedLines
{
    /// <summary>What a field holds before its key was met. The numbers here are never negative.</summary>
    internal const long Absent = -1;

    private readonly byte _separator;
    private ReadOnlySpan<byte> _rest;

    /// <summary>Starts a walk.</summary>
    /// <param name="text">The whole content of the file.</param>
    /// <param name="separator">What ends the key.</param>
    internal KeyedLines(ReadOnlySpan<byte> text, byte separator)
    {
        _separator = separator;
        _rest = text;
        Outcome = KernelText.CheckEnd(text);
    }

    /// <summary>The key at hand.</summary>
    internal ReadOnlySpan<byte> Key { get; private set; }

    /// <summary>What follows the key and its separator.</summary>
    internal ReadOnlySpan<byte> Value { get; private set; }

    /// <summary>Ok so far, or what ended the walk.</summary>
    internal ParseOutcome Outcome { get; private set; }

    /// <summary>Goes to the next line.</summary>
    /// <returns>False at the end, and after a failure.</returns>
    internal bool MoveNext()
    {
        if (Outcome != ParseOutcome.Ok || _rest.IsEmpty)
        {
            return false;
        }

        var line = KernelText.TakeUntil((byte)'\n', ref _rest);
        Key = KernelText.TakeUntil(_separator, ref line);
        Value = line;
        return true;
    }

    /// <summary>Takes the line at hand when its key is this one, and its value into the field when that is still absent.</summary>
    /// <returns>True when the key was this one, whether its value could be read or not.</returns>
    internal bool Take(ReadOnlySpan<byte> key, ref long field)
    {
        if (!Key.SequenceEqual(key))
        {
            return false;
        }

        if (field == Absent)
        {
            Accept(DecimalNumber.ParseUnsigned(Value, out var value), value, ref field);
        }

        return true;
    }

    /// <summary>As <see cref="Take"/>, for a value in kB (1,024 bytes), aligned with spaces; the field gets bytes.</summary>
    internal bool TakeKilobytes(ReadOnlySpan<byte> key, ref long bytes)
    {
        if (!Key.SequenceEqual(key))
        {
            return false;
        }

        if (bytes == Absent)
        {
            var number = Value.TrimStart((byte)' ');
            if (!number.EndsWith(" kB"u8))
            {
                EndUnlessOk(ParseOutcome.Malformed);
                return true;
            }

            var outcome = DecimalNumber.ParseUnsigned(number[..^3], out var kilobytes);
            if (outcome == ParseOutcome.Ok && kilobytes > long.MaxValue / 1024)
            {
                outcome = ParseOutcome.OutOfRange;
            }

            Accept(outcome, kilobytes << 10, ref bytes);
        }

        return true;
    }

    /// <summary>Takes every line whose key begins so, and adds its value to the field.</summary>
    internal bool TakeSum(ReadOnlySpan<byte> keyStart, ref long sum)
    {
        if (!Key.StartsWith(keyStart))
        {
            return false;
        }

        var soFar = Math.Max(sum, 0);
        var outcome = DecimalNumber.ParseUnsigned(Value, out var value);
        if (outcome == ParseOutcome.Ok && value > long.MaxValue - soFar)
        {
            outcome = ParseOutcome.OutOfRange;
        }

        Accept(outcome, soFar + value, ref sum);
        return true;
    }

    /// <summary>Ends the walk when something about the line at hand was wrong.</summary>
    internal void EndUnlessOk(ParseOutcome outcome) => Outcome = outcome;

    private void Accept(ParseOutcome outcome, long value, ref long field)
    {
        if (outcome == ParseOutcome.Ok)
        {
            field = value;
        }
        else
        {
            EndUnlessOk(outcome);
        }
    }
}
