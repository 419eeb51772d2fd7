using System.Runtime.ExceptionServices;
using NodeReaper.Kernel.Tests;

namespace NodeReaper.Engine.Tests;

/// <summary>A thread beside the test's own. What fails on it fails the test when it is joined, and not the whole run.</summary>
internal sealed class SideThread
{
    private readonly Thread _thread;
    private ExceptionDispatchInfo? _failure;

    private SideThread(Action action) => _thread = new Thread(() =>
    {
        try
        {
            action();
        }
        catch (Exception e)
        {
            _failure = ExceptionDispatchInfo.Capture(e);
        }
    })
    {
        IsBackground = true,
    };

    internal bool IsRunning => _thread.IsAlive;

    internal static SideThread Start(Action action)
    {
        var started = new SideThread(action);
        started._thread.Start();
        return started;
    }

    internal void Join()
    {
        Assert.True(_thread.Join(2 * Eventually.TimeoutMilliseconds), "the thread beside the test does not end");
        _failure?.Throw();
    }
}
