using NodeReaper.Agent.Reporting;
using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Pressure;
using NodeReaper.Kernel.Procfs;

namespace NodeReaper.Agent.Hosting;

/// <summary>What only a node can tell of <c>recoverTo</c>: which of bytes and a percentage is more depends on its size.</summary>
internal static class RaisedRecovery
{
    /// <summary>Says that it counts as more than the policy gives.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="memory">The node's memory.</param>
    /// <returns>Null where it does not.</returns>
    internal static string? Warning(PressurePolicy policy, in MemInfo memory)
    {
        var killBelow = PressureLimits.Of(policy, memory, isSlice: false).KillBelowBytes;
        return policy.RecoverTo?.On(memory.OrdinaryBytes) is { } recoverTo && recoverTo < killBelow
            ? $"pressure.recoverTo is {ByteText.Of(recoverTo)} on this node, less than killBelow, and counts as {ByteText.Of(killBelow)}, which is no room to recover; raise it"
            : null;
    }
}
