using NodeReaper.Kernel.Text;

namespace NodeReaper.Kernel.Procfs;

/// <summary>
/// What the node's reclaim has done since boot (/proc/vmstat; mm/vmstat.c). All are counters that only rise: take
/// the difference of two readings.
/// </summary>
/// <param name="OomKills">oom_kill: processes killed by the kernel's OOM killer, in memory cgroups too.</param>
/// <param name="ScannedByKswapd">pgscan_kswapd: pages looked at by background reclaim.</param>
/// <param name="ScannedDirectly">
/// pgscan_direct: pages looked at by tasks that had to reclaim for themselves. Through Linux 7.0 only for the node's
/// sake; since these became node statistics ("mm: move pgscan, pgsteal, pgrefill to node stats", linux-mm, February
/// 2026) also for a memory cgroup at its own limit. pgscan_kswapd and allocstall never count the latter.
/// </param>
/// <param name="AllocationStalls">
/// Times a task entered direct reclaim for the node's sake: the sum of allocstall_ZONE over all zones (one counter,
/// allocstall, before Linux 4.10).
/// </param>
/// <param name="RefaultsAnon">workingset_refault_anon: pages read back from swap soon after they left, in memory cgroups too. 0 when absent.</param>
/// <param name="RefaultsFile">workingset_refault_file: file pages read back soon after they were dropped, in memory cgroups too. 0 when absent.</param>
public readonly record struct VmStat(
    long OomKills,
    long ScannedByKswapd,
    long ScannedDirectly,
    long AllocationStalls,
    long RefaultsAnon,
    long RefaultsFile)
{
    /// <summary>
    /// Reads the text of the file. Required are oom_kill, both pgscan counters and one allocstall: a 0 in their place
    /// would say that the node does not reclaim. oom_kill also comes after all others, so that a text cut between two
    /// lines shows. A key that comes twice counts the first time, but each allocstall line is added. Allocates
    /// nothing.
    /// </summary>
    /// <param name="text">The whole content.</param>
    /// <param name="value">The reading; all 0 unless the outcome is <see cref="ParseOutcome.Ok"/>.</param>
    public static ParseOutcome Parse(ReadOnlySpan<byte> text, out VmStat value)
    {
        value = default;
        long oomKills = KeyedLines.Absent, kswapd = oomKills, direct = oomKills, anon = oomKills, file = oomKills;
        long stalls = oomKills;
        var lines = new KeyedLines(text, (byte)' ');
        while (lines.MoveNext())
        {
            _ = lines.TakeSum("allocstall"u8, ref stalls)
                || lines.Take("oom_kill"u8, ref oomKills)
                || lines.Take("pgscan_kswapd"u8, ref kswapd)
                || lines.Take("pgscan_direct"u8, ref direct)
                || lines.Take("workingset_refault_anon"u8, ref anon)
                || lines.Take("workingset_refault_file"u8, ref file);
        }

        if (lines.Outcome != ParseOutcome.Ok)
        {
            return lines.Outcome;
        }

        if ((oomKills | kswapd | direct | stalls) < 0)
        {
            return ParseOutcome.MissingKey;
        }

        value = new VmStat(oomKills, kswapd, direct, stalls, Math.Max(anon, 0), Math.Max(file, 0));
        return ParseOutcome.Ok;
    }
}
