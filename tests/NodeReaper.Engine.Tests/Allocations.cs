namespace NodeReaper.Engine.Tests;

/// <summary>Counts what the calling thread allocates.</summary>
internal static class Allocations
{
    /// <summary>Runs the action often enough to be compiled and warm, then once more, and gives the bytes of that last time.</summary>
    internal static long Of(Action action, int warmUps = 3)
    {
        for (var i = 0; i < warmUps; i++)
        {
            action();
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        action();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
