using NodeReaper.Kernel.Text;

namespace NodeReaper.Kernel.Block;

/// <summary>
/// What a zram device keeps and what that costs (/sys/block/zramN/mm_stat; Documentation/admin-guide/blockdev/zram.rst).
/// </summary>
/// <param name="OriginalBytes">orig_data_size: what was written to it, uncompressed.</param>
/// <param name="UsedBytes">mem_used_total: the memory that holds it, overhead included.</param>
/// <param name="LimitBytes">mem_limit: the most memory that it may take; 0: as much as it wants.</param>
public readonly record struct ZramUse(long OriginalBytes, long UsedBytes, long LimitBytes)
{
    /// <summary>Reads the text of the file. Later fields are passed over. Allocates nothing.</summary>
    /// <param name="text">The whole content: numbers, aligned with spaces.</param>
    /// <param name="value">The reading; all 0 unless the outcome is <see cref="ParseOutcome.Ok"/>.</param>
    public static ParseOutcome Parse(ReadOnlySpan<byte> text, out ZramUse value)
    {
        value = default;
        var outcome = KernelText.TakeOnlyLine(text, out var line);
        Span<long> fields = stackalloc long[4];
        for (var field = 0; outcome == ParseOutcome.Ok && field < fields.Length; field++)
        {
            line = line.TrimStart((byte)' ');
            var number = KernelText.TakeUntil((byte)' ', ref line);
            outcome = number.IsEmpty ? ParseOutcome.MissingKey : DecimalNumber.ParseUnsigned(number, out fields[field]);
        }

        if (outcome == ParseOutcome.Ok)
        {
            value = new ZramUse(fields[0], fields[2], fields[3]);
        }

        return outcome;
    }
}
