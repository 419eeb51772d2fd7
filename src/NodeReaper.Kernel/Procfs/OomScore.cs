using NodeReaper.Kernel.Text;

namespace NodeReaper.Kernel.Procfs;

/// <summary>The one number in /proc/PID/oom_score or /proc/PID/oom_score_adj (proc(5)).</summary>
public static class OomScore
{
    /// <summary>Reads the number. Allocates nothing.</summary>
    /// <param name="text">The whole content.</param>
    /// <param name="score">
    /// For oom_score, 0 to about 2,000; for oom_score_adj, -1,000 to 1,000. The bounds are not checked: oom_score goes
    /// above 2,000 where one page is mapped many times. 0 on failure.
    /// </param>
    public static ParseOutcome Parse(ReadOnlySpan<byte> text, out int score)
    {
        score = 0;
        var outcome = KernelText.TakeOnlyLine(text, out var line);
        if (outcome == ParseOutcome.Ok)
        {
            outcome = DecimalNumber.ParseSigned(line, out var number);
            if (outcome == ParseOutcome.Ok && number is < int.MinValue or > int.MaxValue)
            {
                return ParseOutcome.OutOfRange;
            }

            score = (int)number;
        }

        return outcome;
    }
}
