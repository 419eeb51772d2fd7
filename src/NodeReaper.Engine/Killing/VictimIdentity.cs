using NodeReaper.Kernel.Syscalls;

namespace NodeReaper.Engine.Killing;

/// <summary>Whether a victim may be killed.</summary>
/// <param name="Refusal">Why not; None when it may.</param>
/// <param name="RefusedProcess">The process that made it so; 0 for none.</param>
/// <param name="Error">What kept it from being looked at; None for nothing.</param>
/// <param name="Total">How many processes it has.</param>
/// <param name="OutsideSharer">A process outside that shares the victim's address space, which therefore stays; 0 for none.</param>
public readonly record struct VictimIdentity(Refusal Refusal, int RefusedProcess, Errno Error, int Total, int OutsideSharer)
{
    internal static VictimIdentity Good(int total) => new(Refusal.None, 0, Errno.None, total, 0);

    internal static VictimIdentity Refused(Refusal refusal, int processId = 0) => new(refusal, processId, Errno.None, 0, 0);

    internal static VictimIdentity Of(Errno error, int processId = 0) =>
        new(error.IsGone ? Refusal.Gone : Refusal.Unknown, processId, error, 0, 0);
}
