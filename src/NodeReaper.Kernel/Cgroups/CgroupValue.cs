using NodeReaper.Kernel.Text;

namespace NodeReaper.Kernel.Cgroups;

/// <summary>A cgroup file of one number, such as memory.current, memory.max or memory.swap.current.</summary>
public static class CgroupValue
{
    /// <summary>Reads the number. Allocates nothing.</summary>
    /// <param name="text">The whole content.</param>
    /// <param name="value">The number, mostly bytes; <see cref="long.MaxValue"/> for <c>max</c> (no limit); 0 on failure.</param>
    public static ParseOutcome Parse(ReadOnlySpan<byte> text, out long value)
    {
        value = 0;
        var outcome = KernelText.TakeOnlyLine(text, out var line);
        if (outcome != ParseOutcome.Ok)
        {
            return outcome;
        }

        if (line.SequenceEqual("max"u8))
        {
            value = long.MaxValue;
            return ParseOutcome.Ok;
        }

        return DecimalNumber.ParseUnsigned(line, out value);
    }
}
