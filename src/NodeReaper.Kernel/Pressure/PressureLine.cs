using NodeReaper.Kernel.Text;

namespace NodeReaper.Kernel.Pressure;

/// <summary>One line of a pressure file after its first word: <c>avg10=0.00 avg60=0.00 avg300=0.00 total=0</c>.</summary>
/// <param name="Avg10">Hundredths of a percent.</param>
/// <param name="Avg60">Hundredths of a percent.</param>
/// <param name="TotalMicroseconds">Microseconds.</param>
internal readonly record struct PressureLine(int Avg10, int Avg60, long TotalMicroseconds)
{
    // The kernel's averages decay towards 100 % and are printed without rounding up, so they never go above it.
    private const long MaxShare = 100_00;

    internal static ParseOutcome Parse(ReadOnlySpan<byte> pairs, out PressureLine line)
    {
        line = default;
        long avg10 = KeyedLines.Absent, avg60 = avg10, total = avg10;
        while (!pairs.IsEmpty)
        {
            var number = KernelText.TakeUntil((byte)' ', ref pairs);
            var key = KernelText.TakeUntil((byte)'=', ref number);
            var outcome = ParseOutcome.Ok;
            if (avg10 < 0 && key.SequenceEqual("avg10"u8))
            {
                outcome = ParseShare(number, out avg10);
            }
            else if (avg60 < 0 && key.SequenceEqual("avg60"u8))
            {
                outcome = ParseShare(number, out avg60);
            }
            else if (total < 0 && key.SequenceEqual("total"u8))
            {
                outcome = DecimalNumber.ParseUnsigned(number, out total);
            }

            if (outcome != ParseOutcome.Ok)
            {
                return outcome;
            }
        }

        if ((avg10 | avg60 | total) < 0)
        {
            return ParseOutcome.MissingKey;
        }

        line = new PressureLine((int)avg10, (int)avg60, total);
        return ParseOutcome.Ok;
    }

    private static ParseOutcome ParseShare(ReadOnlySpan<byte> number, out long hundredths)
    {
        var fraction = number;
        var outcome = DecimalNumber.ParseUnsigned(KernelText.TakeUntil((byte)'.', ref fraction), out hundredths);
        if (outcome != ParseOutcome.Ok)
        {
            return outcome;
        }

        if (fraction.Length != 2 || DecimalNumber.ParseUnsigned(fraction, out var rest) != ParseOutcome.Ok)
        {
            return ParseOutcome.Malformed;
        }

        if (hundredths > MaxShare)
        {
            return ParseOutcome.OutOfRange;
        }

        hundredths = (hundredths * 100) + rest;
        return hundredths > MaxShare ? ParseOutcome.OutOfRange : ParseOutcome.Ok;
    }
}
