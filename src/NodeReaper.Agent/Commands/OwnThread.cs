using System.Runtime.ExceptionServices;

namespace NodeReaper.Agent.Commands;

/// <summary>
/// Runs work on a thread of its own: whoever holds a victim must be one thread, and its end makes the kernel let go of
/// whatever it still holds.
/// </summary>
internal static class OwnThread
{
    internal static T Run<T>(Func<T> work)
    {
        T result = default!;
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                result = work();
            }
            catch (IOException error)
            {
                failure = ExceptionDispatchInfo.Capture(error);
            }
        })
        { Name = "nodereaper-kill" };
        thread.Start();
        thread.Join();
        failure?.Throw();
        return result;
    }
}
