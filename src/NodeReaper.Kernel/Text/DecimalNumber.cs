namespace NodeReaper.Kernel.Text;

/// <summary>
/// Decimal numbers as the kernel writes them: digits and nothing else. Neither culture nor white space nor a plus sign
/// is known here, unlike in <see cref="System.Buffers.Text.Utf8Parser"/>, which also takes a number that something follows.
/// </summary>
internal static class DecimalNumber
{
    /// <summary>Reads a number of 0 to <see cref="long.MaxValue"/>. A negative one is <see cref="ParseOutcome.OutOfRange"/>.</summary>
    internal static ParseOutcome ParseUnsigned(ReadOnlySpan<byte> digits, out long value)
    {
        var outcome = ParseSigned(digits, out value);
        if (outcome == ParseOutcome.Ok && digits[0] == (byte)'-')
        {
            outcome = ParseOutcome.OutOfRange;
        }

        if (outcome != ParseOutcome.Ok)
        {
            value = 0;
        }

        return outcome;
    }

    /// <summary>Reads a number of -<see cref="long.MaxValue"/> to <see cref="long.MaxValue"/>.</summary>
    internal static ParseOutcome ParseSigned(ReadOnlySpan<byte> text, out long value)
    {
        value = 0;
        var isNegative = !text.IsEmpty && text[0] == (byte)'-';
        var digits = isNegative ? text[1..] : text;
        if (digits.IsEmpty || digits.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
        {
            return ParseOutcome.Malformed;
        }

        long sum = 0;
        foreach (var digit in digits)
        {
            var figure = digit - '0';
            if (sum > (long.MaxValue - figure) / 10)
            {
                return ParseOutcome.OutOfRange;
            }

            sum = (sum * 10) + figure;
        }

        value = isNegative ? -sum : sum;
        return ParseOutcome.Ok;
    }
}
