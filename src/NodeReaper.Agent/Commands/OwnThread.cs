using System.Runtime.ExceptionServices;

namespace NodeReaper.Agent.Commands;

/// <summary>
/// Runs work on a thread of its own, which becomes real-time for it. The self-test holds a child on it: its end makes the
/// kernel let go, whatever happens.
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
