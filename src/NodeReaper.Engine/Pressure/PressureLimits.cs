using NodeReaper.Engine.Policy;

namespace NodeReaper.Engine.Pressure;

/// <summary>The policy's thresholds on a node, or a slice, of this size.</summary>
/// <param name="KillBelowBytes">Short of memory when less than this is available.</param>
/// <param name="RecoverToBytes">A kill is to bring the node back to this; above <paramref name="KillBelowBytes"/>.</param>
/// <param name="TimeLeft">Short of memory when it would last no longer than this; zero is never.</param>
/// <param name="StallWithSwap">With swap to spare, short of memory when tasks have stalled for this long.</param>
/// <param name="Thrash">Short of memory when all tasks have stalled at once for this long; zero is never.</param>
/// <param name="UsesSwap">False: short of memory whatever swap is left.</param>
public readonly record struct PressureLimits(
    long KillBelowBytes, long RecoverToBytes, TimeSpan TimeLeft, TimeSpan StallWithSwap, TimeSpan Thrash = default, bool UsesSwap = true)
{
    private const double DefaultPercent = 5;
    private const long DefaultAtLeast = 96L << 20;
    private const long DefaultAtMost = 1L << 30;

    /// <summary>Applies the policy.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="totalBytes">The node's MemTotal, or the slice's limit, in bytes.</param>
    public static PressureLimits Of(PressurePolicy policy, long totalBytes)
    {
        var killBelow = policy.KillBelow?.On(totalBytes)
            ?? Math.Clamp(MemoryAmount.OfPercent(DefaultPercent).On(totalBytes), DefaultAtLeast, DefaultAtMost);
        killBelow = Math.Min(killBelow, totalBytes);
        var recoverTo = policy.RecoverTo?.On(totalBytes) ?? killBelow * 2;
        recoverTo = Math.Clamp(recoverTo, killBelow, Math.Max(killBelow, totalBytes));
        return new PressureLimits(killBelow, recoverTo, policy.TimeLeft, policy.StallWithSwap, policy.Thrash, policy.UseSwap);
    }
}
