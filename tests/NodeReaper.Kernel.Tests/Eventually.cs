using System.Diagnostics;

namespace NodeReaper.Kernel.Tests;

/// <summary>For what the kernel does in its own time.</summary>
internal static class Eventually
{
    internal const int TimeoutMilliseconds = 30_000;

    /// <summary>Looks again and again until it is so, and fails the test when it does not come.</summary>
    internal static void True(Func<bool> condition, string what)
    {
        var clock = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(clock.ElapsedMilliseconds < TimeoutMilliseconds, $"not within {TimeoutMilliseconds} ms: {what}");
            Thread.Sleep(1);
        }
    }
}
