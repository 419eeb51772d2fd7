using NodeReaper.Engine.Killing;
using NodeReaper.Kernel.Syscalls;

namespace NodeReaper.Agent.Reporting;

/// <summary>What each step said to one process, by errno name: null where the step was not tried, which is not the same as OK.</summary>
internal static class StepResults
{
    /// <summary>What seizing said; EBUSY when nobody was free to seize it, or it was not waited for.</summary>
    /// <param name="process">The process.</param>
    internal static string? Hold(in VictimProcess process) =>
        process.HeldThread == 0 && process.HoldError.IsNone ? null : process.HoldError.Name;

    /// <summary>
    /// What the signal said; null for one that the kill of its cgroup did not reach: it left in time. The kernel releases nothing of one that is
    /// not dying, and that is how it shows; with a sharer outside, it says the same of one that is.
    /// </summary>
    /// <param name="process">The process.</param>
    /// <param name="outcome">The kill.</param>
    internal static string? Signal(in VictimProcess process, in KillOutcome outcome)
    {
        var isNotDying = process is { DeadAt: 0, ReleaseShares: > 0 } && process.ReleaseError == Errno.EINVAL && outcome.SharerProcessId == 0;
        return isNotDying ? null : process.SignalError.Name;
    }

    /// <summary>What the last process_mrelease said.</summary>
    /// <param name="process">The process.</param>
    internal static string? Release(in VictimProcess process) => process.ReleaseShares == 0 ? null : process.ReleaseError.Name;
}
