using NodeReaper.Kernel.Text;

namespace NodeReaper.Kernel.Procfs;

/// <summary>
/// The node's memory (/proc/meminfo; Documentation/filesystems/proc.rst). All in bytes; the kernel writes kB of
/// 1,024 bytes. Every one of these keys has been there since Linux 3.14, with or without swap.
/// </summary>
/// <param name="TotalBytes">MemTotal: what the kernel has to give out.</param>
/// <param name="FreeBytes">MemFree: what nobody uses.</param>
/// <param name="AvailableBytes">MemAvailable: the kernel's estimate of what can be had without swapping.</param>
/// <param name="SwapTotalBytes">SwapTotal; 0 on a node without swap.</param>
/// <param name="SwapFreeBytes">SwapFree.</param>
/// <param name="SwappableBytes">
/// Active(anon) and Inactive(anon): what the kernel could swap out. Not what is mlocked, nor files on a tmpfs that is mounted noswap.
/// Without a limit when absent.
/// </param>
/// <param name="HugetlbBytes">Hugetlb: huge pages of all sizes that were set aside, whoever uses them; 0 when absent (before Linux 4.20).</param>
public readonly record struct MemInfo(
    long TotalBytes,
    long FreeBytes,
    long AvailableBytes,
    long SwapTotalBytes,
    long SwapFreeBytes,
    long SwappableBytes = long.MaxValue,
    long HugetlbBytes = 0)
{
    /// <summary>What can be had for anything but huge pages that were set aside, in bytes.</summary>
    public long OrdinaryBytes => Math.Max(0, TotalBytes - HugetlbBytes);

    /// <summary>How much of the swap is taken, in bytes.</summary>
    public long SwapUsedBytes => Math.Max(0, SwapTotalBytes - SwapFreeBytes);

    /// <summary>Reads the text of the file. A key that comes twice counts the first time. Allocates nothing.</summary>
    /// <param name="text">The whole content.</param>
    /// <param name="value">The reading; all 0 unless the outcome is <see cref="ParseOutcome.Ok"/>.</param>
    public static ParseOutcome Parse(ReadOnlySpan<byte> text, out MemInfo value)
    {
        value = default;
        long total = KeyedLines.Absent, free = total, available = total, swapTotal = total, swapFree = total;
        long activeAnon = total, inactiveAnon = total, hugetlb = total;
        var lines = new KeyedLines(text, (byte)':');
        while (lines.MoveNext())
        {
            _ = lines.TakeKilobytes("MemTotal"u8, ref total)
                || lines.TakeKilobytes("MemFree"u8, ref free)
                || lines.TakeKilobytes("MemAvailable"u8, ref available)
                || lines.TakeKilobytes("SwapTotal"u8, ref swapTotal)
                || lines.TakeKilobytes("SwapFree"u8, ref swapFree)
                || lines.TakeKilobytes("Active(anon)"u8, ref activeAnon)
                || lines.TakeKilobytes("Inactive(anon)"u8, ref inactiveAnon)
                || lines.TakeKilobytes("Hugetlb"u8, ref hugetlb);
        }

        if (lines.Outcome != ParseOutcome.Ok)
        {
            return lines.Outcome;
        }

        // One absent field makes the whole negative.
        if ((total | free | available | swapTotal | swapFree) < 0)
        {
            return ParseOutcome.MissingKey;
        }

        value = new MemInfo(
            total,
            free,
            available,
            swapTotal,
            swapFree,
            (activeAnon | inactiveAnon) < 0 || activeAnon > long.MaxValue - inactiveAnon ? long.MaxValue : activeAnon + inactiveAnon,
            Math.Max(0, hugetlb));
        return ParseOutcome.Ok;
    }
}
