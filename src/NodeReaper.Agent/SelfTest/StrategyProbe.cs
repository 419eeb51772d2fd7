using NodeReaper.Engine.Killing;
using NodeReaper.Kernel.Processes;
using NodeReaper.Kernel.Syscalls;

namespace NodeReaper.Agent.SelfTest;

/// <summary>
/// Chooses a strategy for a kill by hand, which should not wait for a self-test of those that every kernel has: the killer
/// falls back by itself where the hold is refused.
/// </summary>
internal static class StrategyProbe
{
    /// <summary>The best strategy that the kernel has the calls for; its own kill-and-reap only if it passes the self-test.</summary>
    internal static KillStrategy Best() =>
        Pidfd.KernelKnowsKillAndRelease() && new StrategySelfTest(0).Try(KillStrategy.Atomic).Passed ? KillStrategy.Atomic
        : Pidfd.None.ReleaseMemory() == Errno.ENOSYS ? KillStrategy.Signal
        : KillStrategy.Hold;
}
