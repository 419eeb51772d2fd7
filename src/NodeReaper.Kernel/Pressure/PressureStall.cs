using NodeReaper.Kernel.Text;

namespace NodeReaper.Kernel.Pressure;

/// <summary>
/// How long tasks waited for memory (/proc/pressure/memory, memory.pressure; Documentation/accounting/psi.rst).
/// Averages are shares of wall-clock time in hundredths of a percent, 0 to 10,000; totals are microseconds.
/// </summary>
/// <param name="SomeAvg10">Share of time with at least one task waiting, over the last 10 seconds, in hundredths of a percent.</param>
/// <param name="SomeAvg60">The same over 60 seconds.</param>
/// <param name="FullAvg10">Share of time with all non-idle tasks waiting at once, over the last 10 seconds, in hundredths of a percent.</param>
/// <param name="FullAvg60">The same over 60 seconds.</param>
/// <param name="SomeTotalMicroseconds">All time with at least one task waiting, in microseconds.</param>
/// <param name="FullTotalMicroseconds">All time with all non-idle tasks waiting at once, in microseconds.</param>
public readonly record struct PressureStall(
    int SomeAvg10,
    int SomeAvg60,
    int FullAvg10,
    int FullAvg60,
    long SomeTotalMicroseconds,
    long FullTotalMicroseconds)
{
    /// <summary>
    /// Reads the text of the file. The <c>some</c> line is required; without a <c>full</c> line (older
    /// /proc/pressure/cpu) its fields are 0. What comes twice counts the first time. Allocates nothing.
    /// </summary>
    /// <param name="text">The whole content.</param>
    /// <param name="value">The reading; all 0 unless the outcome is <see cref="ParseOutcome.Ok"/>.</param>
    public static ParseOutcome Parse(ReadOnlySpan<byte> text, out PressureStall value)
    {
        value = default;
        bool hasSome = false, hasFull = false;
        PressureLine some = default, full = default;
        var lines = new KeyedLines(text, (byte)' ');
        while (lines.MoveNext())
        {
            if (!hasSome && lines.Key.SequenceEqual("some"u8))
            {
                hasSome = true;
                lines.EndUnlessOk(PressureLine.Parse(lines.Value, out some));
            }
            else if (!hasFull && lines.Key.SequenceEqual("full"u8))
            {
                hasFull = true;
                lines.EndUnlessOk(PressureLine.Parse(lines.Value, out full));
            }
        }

        if (lines.Outcome != ParseOutcome.Ok)
        {
            return lines.Outcome;
        }

        if (!hasSome)
        {
            return ParseOutcome.MissingKey;
        }

        value = new PressureStall(some.Avg10, some.Avg60, full.Avg10, full.Avg60, some.TotalMicroseconds, full.TotalMicroseconds);
        return ParseOutcome.Ok;
    }
}
