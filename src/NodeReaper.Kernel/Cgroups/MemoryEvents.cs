using NodeReaper.Kernel.Text;

namespace NodeReaper.Kernel.Cgroups;

/// <summary>
/// How often a cgroup met its memory bounds (memory.events or memory.events.local;
/// Documentation/admin-guide/cgroup-v2.rst). All are counters since the cgroup was made.
/// </summary>
/// <param name="Low">low: times it was reclaimed from although below memory.low.</param>
/// <param name="High">high: times its tasks were throttled because it was above memory.high.</param>
/// <param name="Max">max: times its use was about to go above memory.max.</param>
/// <param name="Oom">oom: times it was at its limit and an allocation was about to fail.</param>
/// <param name="OomKill">oom_kill: processes in it killed by any kind of OOM killer.</param>
/// <param name="OomGroupKill">oom_group_kill (Linux 5.17): times it was killed as a whole; 0 when absent.</param>
public readonly record struct MemoryEvents(long Low, long High, long Max, long Oom, long OomKill, long OomGroupKill)
{
    /// <summary>How often it met a limit, be it memory.high or memory.max.</summary>
    public long TimesAtLimit => High + Max;

    /// <summary>Reads the text of the file. A key that comes twice counts the first time. Allocates nothing.</summary>
    /// <param name="text">The whole content.</param>
    /// <param name="value">The reading; all 0 unless the outcome is <see cref="ParseOutcome.Ok"/>.</param>
    public static ParseOutcome Parse(ReadOnlySpan<byte> text, out MemoryEvents value)
    {
        value = default;
        long low = KeyedLines.Absent, high = low, max = low, oom = low, oomKill = low, oomGroupKill = low;
        var lines = new KeyedLines(text, (byte)' ');
        while (lines.MoveNext())
        {
            _ = lines.Take("low"u8, ref low)
                || lines.Take("high"u8, ref high)
                || lines.Take("max"u8, ref max)
                || lines.Take("oom"u8, ref oom)
                || lines.Take("oom_kill"u8, ref oomKill)
                || lines.Take("oom_group_kill"u8, ref oomGroupKill);
        }

        if (lines.Outcome != ParseOutcome.Ok)
        {
            return lines.Outcome;
        }

        if ((low | high | max | oom | oomKill) < 0)
        {
            return ParseOutcome.MissingKey;
        }

        value = new MemoryEvents(low, high, max, oom, oomKill, Math.Max(oomGroupKill, 0));
        return ParseOutcome.Ok;
    }
}
