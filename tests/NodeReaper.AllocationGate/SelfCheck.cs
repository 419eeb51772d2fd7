using System.Diagnostics.CodeAnalysis;
using NodeReaper.Kernel.Polling;

namespace NodeReaper.AllocationGate;

/// <summary>Proves that the gate is shut: what allocates on purpose is found, to the byte, on the thread that did it.</summary>
internal static class SelfCheck
{
    // An object without fields, and a boxed int, on 64 bits.
    private const int SmallestObject = 24;

    [SuppressMessage("CodeQuality", "IDE0052", Justification = "An object that nobody can reach may not be allocated at all.")]
    private static volatile object? s_sink;

    internal static void Run(Tally tally)
    {
        Check(tally, "nothing", new(0, 0), static () => { });
        Check(tally, "one object", new(SmallestObject, 0), static () => s_sink = new object());
        Check(tally, "boxing", new(SmallestObject, 0), static () => s_sink = Environment.CurrentManagedThreadId);
        using var other = new OtherThread();
        Check(tally, "one object on another thread", new(0, SmallestObject), other.Allocate);
        Check(tally, "one object on each of two threads", new(SmallestObject, SmallestObject), () =>
        {
            s_sink = new object();
            other.Allocate();
        });
    }

    private static void Check(Tally tally, string name, Measurement expected, Action action)
    {
        using var attempt = new ActionAttempt(action);
        _ = Measurement.Of(attempt);
        var found = Measurement.Of(attempt);
        if (found == expected)
        {
            tally.Pass(name, $"found {found}");
        }
        else
        {
            tally.Fail(name, $"found {found}; expected {expected}");
        }
    }

    private sealed class ActionAttempt(Action action) : Attempt
    {
        internal override void Run() => action();

        internal override string? Complaint() => null;

        public override void Dispose()
        {
        }
    }

    /// <summary>A thread that allocates one object when it is told to.</summary>
    private sealed class OtherThread : IDisposable
    {
        private readonly WakeUp _begin = new();
        private readonly WakeUp _done = new();
        private readonly Thread _thread;
        private volatile bool _isStopping;

        internal OtherThread()
        {
            _thread = new Thread(Work) { IsBackground = true, Name = "other" };
            _thread.Start();
        }

        internal void Allocate()
        {
            _begin.Raise();
            while (!_done.Wait(-1))
            {
            }
        }

        public void Dispose()
        {
            _isStopping = true;
            _begin.Raise();
            _thread.Join();
            _begin.Dispose();
            _done.Dispose();
        }

        private void Work()
        {
            while (true)
            {
                while (!_begin.Wait(-1))
                {
                }

                if (_isStopping)
                {
                    return;
                }

                s_sink = new object();
                _done.Raise();
            }
        }
    }
}
