namespace NodeReaper.Engine;

/// <summary>What the cycle has done since it started.</summary>
/// <param name="Kills">Victims killed.</param>
/// <param name="FreedBytes">Bytes proven back.</param>
/// <param name="DryRunKills">Victims that a dry run would have killed.</param>
/// <param name="WithoutVictim">Shortages in which nobody might be killed.</param>
/// <param name="KernelKills">Processes that the kernel's OOM killer took for the node's sake.</param>
/// <param name="OwnLimitKills">Processes that it took at a limit of their container, their Pod or a cgroup beside the Pods.</param>
public readonly record struct CycleTotals(
    long Kills, long FreedBytes, long DryRunKills, long WithoutVictim, long KernelKills = 0, long OwnLimitKills = 0);
