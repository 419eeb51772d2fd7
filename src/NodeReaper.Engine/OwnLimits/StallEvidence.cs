namespace NodeReaper.Engine.OwnLimits;

/// <summary>For how long tasks waited for memory (PSI some), and where, while it was measured whose stalls they are.</summary>
/// <param name="Time">For how long that was measured; zero when it was not.</param>
/// <param name="Waited">The place, the node or a slice.</param>
/// <param name="InCgroups">As much of that as the Pods, and the services beside them, account for: kswapd's work is in no cgroup.</param>
/// <param name="AtLimits">Those of them that met a limit of their own meanwhile, together.</param>
/// <param name="Longest">The container that waited longest of those that met none.</param>
/// <param name="Enough">What would be a stall of the place, by pressure.stall.</param>
public readonly record struct StallEvidence(
    TimeSpan Time, TimeSpan Waited, TimeSpan InCgroups, TimeSpan AtLimits, TimeSpan Longest, TimeSpan Enough)
{
    /// <summary>True when the place itself stalls: one that met no limit has waited for long enough, or all together have, without those that did.</summary>
    public bool IsOfPlace => Longest >= Enough || InCgroups - AtLimits >= Enough;
}
