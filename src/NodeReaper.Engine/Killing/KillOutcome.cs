using NodeReaper.Kernel.Syscalls;

namespace NodeReaper.Engine.Killing;

/// <summary>What the killer did. What became of each process is in <see cref="Killer.Processes"/>.</summary>
/// <param name="Strategy">The strategy that was used; never Auto.</param>
/// <param name="Refusal">Why nothing was killed; None when it was.</param>
/// <param name="RefusedProcessId">The process that made it refuse; 0 for none.</param>
/// <param name="SignalError">What the first signal, or cgroup.kill, said; of a refusal, what kept the victim from being looked at.</param>
/// <param name="ProcessCount">How many processes the victim had.</param>
/// <param name="HeldCount">How many of them were held.</param>
/// <param name="SharerProcessId">A process outside that shares the victim's address space, which therefore stays; 0 for none.</param>
/// <param name="DecidedAt">When the kill was decided, in ticks of <see cref="System.Diagnostics.Stopwatch"/>.</param>
/// <param name="SignalledAt">When the signal had been sent; 0 when it was not.</param>
/// <param name="ReleasedAt">When the last release came to an end; 0 when none was asked for, or one did not end in time.</param>
public readonly record struct KillOutcome(
    KillStrategy Strategy,
    Refusal Refusal,
    int RefusedProcessId,
    Errno SignalError,
    int ProcessCount,
    int HeldCount,
    int SharerProcessId,
    long DecidedAt,
    long SignalledAt,
    long ReleasedAt)
{
    /// <summary>Of one process in a cgroup: what it had in anonymous memory just before the signal, in bytes; 0 when that was not read.</summary>
    public long AnonBytes { get; init; }

    /// <summary>True when the signal was sent.</summary>
    public bool IsKilled => SignalledAt > 0;

    /// <summary>Nothing was killed.</summary>
    /// <param name="strategy">The strategy that was to be used.</param>
    /// <param name="identity">Why.</param>
    /// <param name="decidedAt">When it was decided.</param>
    internal static KillOutcome Refused(KillStrategy strategy, in VictimIdentity identity, long decidedAt) =>
        new(strategy, identity.Refusal, identity.RefusedProcess, identity.Error, identity.Total, 0, 0, decidedAt, 0, 0);
}
