using NodeReaper.Kernel.Scheduling;

namespace NodeReaper.AllocationGate;

/// <summary>What one run allocated.</summary>
/// <param name="OnPressureThread">By the thread that ran it, in bytes.</param>
/// <param name="Elsewhere">By all other threads of the program, the reapers and the runtime's own among them, in bytes.</param>
internal readonly record struct Measurement(long OnPressureThread, long Elsewhere)
{
    // A reaper that was not waited for tries 20 times, half a millisecond apart.
    private const int SettleMicroseconds = 20_000;

    internal bool IsNothing => OnPressureThread == 0 && Elsewhere == 0;

    /// <summary>
    /// Runs it once and counts. Never twice: with tiered compilation and the background GC off, no thread of the runtime
    /// allocates while a case runs, so that whatever is found is the case's own.
    /// </summary>
    internal static Measurement Of(Attempt attempt)
    {
        // Whatever was arranged before must not be finalized meanwhile.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        var allBefore = GC.GetTotalAllocatedBytes(precise: true);
        var ownBefore = GC.GetAllocatedBytesForCurrentThread();
        attempt.Run();
        SelfProtection.Sleep(SettleMicroseconds);
        var own = GC.GetAllocatedBytesForCurrentThread() - ownBefore;
        var all = GC.GetTotalAllocatedBytes(precise: true) - allBefore;
        return new Measurement(own, all - own);
    }

    public override string ToString() => $"pressure thread {OnPressureThread} bytes, reapers and all other threads {Elsewhere} bytes";
}
