using NodeReaper.Engine.Policy;
using NodeReaper.Kernel.Procfs;

namespace NodeReaper.Engine.Pressure;

/// <summary>The policy's thresholds on a node, or a slice, of this size.</summary>
/// <param name="KillBelowBytes">Short of memory when less than this is available.</param>
/// <param name="RecoverToBytes">A kill is to bring the node back to this; above <paramref name="KillBelowBytes"/>.</param>
/// <param name="TimeLeft">Short of memory when it would last no longer than this; zero is never.</param>
/// <param name="StallWithoutSwap">Without swap to spare, short of memory when tasks have stalled for this long.</param>
/// <param name="StallWithSwap">With swap to spare, short of memory when tasks have stalled for this long.</param>
/// <param name="Thrash">Short of memory when all tasks have stalled at once for this long; zero is never.</param>
/// <param name="UsesSwap">False: short of memory whatever swap is left.</param>
public readonly record struct PressureLimits(
    long KillBelowBytes,
    long RecoverToBytes,
    TimeSpan TimeLeft,
    TimeSpan StallWithoutSwap,
    TimeSpan StallWithSwap,
    TimeSpan Thrash = default,
    bool UsesSwap = true)
{
    private const double DefaultPercent = 5;
    private const long DefaultAtLeast = 96L << 20;
    private const long DefaultAtMost = 1L << 30;

    // What is given in bytes is meant for the node, and may be all that a small slice has.
    private const double MostPercentOfSlice = 20;

    /// <summary>Applies the policy to a place.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="memory">The node's memory, or the slice's.</param>
    /// <param name="isSlice">True for a slice.</param>
    public static PressureLimits Of(PressurePolicy policy, in MemInfo memory, bool isSlice) =>
        isSlice ? OfSlice(policy, memory.TotalBytes) : Of(policy, memory.OrdinaryBytes);

    /// <summary>Applies the policy to a slice: amounts in bytes are at most a fifth of its limit there, and twice that to recover to.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="limitBytes">The slice's limit in bytes.</param>
    public static PressureLimits OfSlice(PressurePolicy policy, long limitBytes)
    {
        var limits = Of(policy, limitBytes);
        var killBelow = policy.KillBelow is { PercentOfTotal: > 0 } ? limits.KillBelowBytes : Math.Min(limits.KillBelowBytes, MostOfSlice(limitBytes));
        var recoverTo = policy.RecoverTo switch
        {
            null => 2 * killBelow,
            { PercentOfTotal: > 0 } amount => amount.On(limitBytes),
            { } amount => Math.Min(amount.On(limitBytes), 2 * MostOfSlice(limitBytes)),
        };
        return limits with { KillBelowBytes = killBelow, RecoverToBytes = Math.Clamp(recoverTo, killBelow, limitBytes) };
    }

    /// <summary>The mark of a stage, in bytes: in a slice, an amount in bytes is at most twice what <c>killBelow</c> may be there.</summary>
    /// <param name="below">What the policy says.</param>
    /// <param name="memory">The node's memory, or the slice's.</param>
    /// <param name="isSlice">True for a slice.</param>
    public static long MarkOf(MemoryAmount below, in MemInfo memory, bool isSlice) =>
        !isSlice ? Math.Min(below.On(memory.OrdinaryBytes), memory.OrdinaryBytes)
        : below.PercentOfTotal > 0 ? Math.Min(below.On(memory.TotalBytes), memory.TotalBytes)
        : Math.Min(below.Bytes, 2 * MostOfSlice(memory.TotalBytes));

    private static long MostOfSlice(long limitBytes) => MemoryAmount.OfPercent(MostPercentOfSlice).On(limitBytes);

    /// <summary>Applies the policy.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="totalBytes">What the node has without huge pages that were set aside, or the slice's limit, in bytes.</param>
    public static PressureLimits Of(PressurePolicy policy, long totalBytes)
    {
        var killBelow = policy.KillBelow?.On(totalBytes)
            ?? Math.Clamp(MemoryAmount.OfPercent(DefaultPercent).On(totalBytes), DefaultAtLeast, DefaultAtMost);
        killBelow = Math.Min(killBelow, totalBytes);
        var recoverTo = policy.RecoverTo?.On(totalBytes) ?? killBelow * 2;
        recoverTo = Math.Clamp(recoverTo, killBelow, Math.Max(killBelow, totalBytes));
        return new PressureLimits(
            killBelow, recoverTo, policy.TimeLeft, policy.StallWithoutSwap, policy.StallWithSwap, policy.Thrash, policy.UseSwap);
    }
}
