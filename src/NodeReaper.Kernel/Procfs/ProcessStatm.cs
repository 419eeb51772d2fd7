using NodeReaper.Kernel.Text;

namespace NodeReaper.Kernel.Procfs;

/// <summary>The sizes of a process in pages (/proc/PID/statm; proc(5)).</summary>
public static class ProcessStatm
{
    /// <summary>Reads the resident set. What follows the second field is not looked at. Allocates nothing.</summary>
    /// <param name="text">The whole content.</param>
    /// <param name="residentPages">The second field, in pages; 0 for a zombie or a kernel thread, and on failure.</param>
    public static ParseOutcome Parse(ReadOnlySpan<byte> text, out long residentPages)
    {
        residentPages = 0;
        var outcome = KernelText.TakeOnlyLine(text, out var line);
        if (outcome != ParseOutcome.Ok)
        {
            return outcome;
        }

        outcome = DecimalNumber.ParseUnsigned(KernelText.TakeUntil((byte)' ', ref line), out _);
        return outcome == ParseOutcome.Ok
            ? DecimalNumber.ParseUnsigned(KernelText.TakeUntil((byte)' ', ref line), out residentPages)
            : outcome;
    }

    /// <summary>Reads what of the resident set is neither a file's nor shared memory: the second field less the third. Allocates nothing.</summary>
    /// <param name="text">The whole content.</param>
    /// <param name="pages">In pages; 0 for a zombie or a kernel thread, and on failure.</param>
    public static ParseOutcome ParseAnonymous(ReadOnlySpan<byte> text, out long pages)
    {
        pages = 0;
        var outcome = KernelText.TakeOnlyLine(text, out var line);
        outcome = outcome == ParseOutcome.Ok ? DecimalNumber.ParseUnsigned(KernelText.TakeUntil((byte)' ', ref line), out _) : outcome;
        if (outcome != ParseOutcome.Ok)
        {
            return outcome;
        }

        outcome = DecimalNumber.ParseUnsigned(KernelText.TakeUntil((byte)' ', ref line), out var resident);
        if (outcome != ParseOutcome.Ok)
        {
            return outcome;
        }

        outcome = DecimalNumber.ParseUnsigned(KernelText.TakeUntil((byte)' ', ref line), out var shared);
        pages = outcome == ParseOutcome.Ok ? Math.Max(0, resident - shared) : 0;
        return outcome;
    }
}
