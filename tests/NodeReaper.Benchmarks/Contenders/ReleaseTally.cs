using NodeReaper.Kernel.Syscalls;

namespace NodeReaper.Benchmarks.Contenders;

/// <summary>The calls of process_mrelease of one kill.</summary>
/// <param name="Processes">For how many processes it was called.</param>
/// <param name="TooLate">How many of those had dropped their mm already (ESRCH).</param>
internal readonly record struct ReleaseTally(int Processes, int TooLate)
{
    public static ReleaseTally operator +(ReleaseTally left, ReleaseTally right) =>
        new(left.Processes + right.Processes, left.TooLate + right.TooLate);

    internal ReleaseTally With(Errno answer) => new(Processes + 1, TooLate + (answer == Errno.ESRCH ? 1 : 0));
}
