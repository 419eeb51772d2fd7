using NodeReaper.Kernel.Scheduling;
using NodeReaper.Kernel.Syscalls;

namespace NodeReaper.Engine.Killing;

/// <summary>Puts a thread of the kill path ahead of the node's own load.</summary>
public static class KillPathThread
{
    private const int RealTimePriority = 10;
    private const int Nice = -20;
    private const int TimerSlackNanoseconds = 1000;

    /// <summary>
    /// Asks for real-time priority for the calling thread, and for nice -20 where that is refused. Either way the
    /// thread goes on.
    /// </summary>
    /// <returns>What was refused: <see cref="Errno.None"/> for real time, else the error of both steps.</returns>
    public static (Errno RealTime, Errno Nice) Prefer()
    {
        _ = SelfProtection.SetTimerSlack(TimerSlackNanoseconds);
        var realTime = SelfProtection.SetRealTime(RealTimePriority);
        return (realTime, realTime.IsNone ? Errno.None : SelfProtection.SetNice(Nice));
    }
}
