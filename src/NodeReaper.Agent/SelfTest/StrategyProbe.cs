using NodeReaper.Engine.Killing;
using NodeReaper.Kernel.Processes;
using NodeReaper.Kernel.Syscalls;

namespace NodeReaper.Agent.SelfTest;

/// <summary>
/// Chooses a strategy without killing anybody, for a kill by hand that should not wait for a self-test: the killer falls
/// back by itself where the hold is refused.
/// </summary>
internal static class StrategyProbe
{
    /// <summary>The best strategy that the kernel has the calls for.</summary>
    internal static KillStrategy Best() =>
        new Pidfd(FileDescriptor.None).ReleaseMemory() == Errno.ENOSYS ? KillStrategy.Signal : KillStrategy.Hold;
}
