using System.Diagnostics;
using NodeReaper.Benchmarks.Victims;
using NodeReaper.Kernel.Cgroups;
using NodeReaper.Kernel.Polling;
using NodeReaper.Kernel.Scheduling;
using NodeReaper.Kernel.Text;

namespace NodeReaper.Benchmarks.Kills;

/// <summary>
/// Sees when a victim's memory is back and when its last process is dead: a thread of its own, ahead of every contender's,
/// that looks at two or three files every 100 µs, whoever kills.
/// </summary>
internal sealed class Observer : IDisposable
{
    private const int PauseMicroseconds = 100;
    private const int RealTimePriority = 20;
    private const int TimerSlackNanoseconds = 1000;
    private readonly WakeUp _begin = new();
    private readonly WakeUp _done = new();
    private VictimGroup? _group;
    private long _thresholdBytes;
    private long _end;
    private long _freedAt;
    private long _deadAt;
    private volatile bool _isStopping;

    internal Observer() => new Thread(Work) { IsBackground = true, Name = "observer" }.Start();

    /// <summary>Begins to look. There is no hurry yet: <see cref="Decide"/> starts the clock.</summary>
    /// <param name="group">The victim's cgroup.</param>
    /// <param name="thresholdBytes">Memory counts as freed when no more than this is charged.</param>
    internal void Watch(VictimGroup group, long thresholdBytes)
    {
        _group = group;
        _thresholdBytes = thresholdBytes;
        _freedAt = 0;
        _deadAt = 0;
        Volatile.Write(ref _end, long.MaxValue);
        _done.Reset();
        _begin.Raise();
    }

    /// <summary>Starts the clock.</summary>
    /// <param name="deadline">How long it looks from now on.</param>
    /// <returns>When that was, in ticks of <see cref="Stopwatch"/>.</returns>
    internal long Decide(TimeSpan deadline)
    {
        var now = Stopwatch.GetTimestamp();
        Volatile.Write(ref _end, now + (long)(deadline.TotalSeconds * Stopwatch.Frequency));
        return now;
    }

    /// <summary>Waits until everything was seen, or the deadline is over.</summary>
    /// <returns>When the memory was back and the last process dead; 0 for what was not seen in time.</returns>
    internal (long FreedAt, long DeadAt) Wait()
    {
        // A signal, such as the end of a child, ends a wait early.
        while (!_done.Wait(-1))
        {
        }

        return (_freedAt, _deadAt);
    }

    public void Dispose()
    {
        _isStopping = true;
        _begin.Raise();
    }

    private void Work()
    {
        _ = SelfProtection.SetTimerSlack(TimerSlackNanoseconds);
        _ = SelfProtection.SetRealTime(RealTimePriority);
        while (!_isStopping)
        {
            if (_begin.Wait(-1) && !_isStopping)
            {
                Look(_group!);
                _done.Raise();
            }
        }
    }

    private void Look(VictimGroup group)
    {
        Span<byte> events = stackalloc byte[256];
        while (true)
        {
            var charge = group.Charge.Read();
            var now = Stopwatch.GetTimestamp();

            // A fork bomb may fall below and rise again: what counts is when it fell for good.
            _freedAt = charge > _thresholdBytes ? 0 : _freedAt == 0 ? now : _freedAt;
            var read = group.Events.ReadAt(events, 0);
            if (_deadAt == 0 && CgroupEvents.Parse(events[..(int)read.Value], out var state) == ParseOutcome.Ok && !state.Populated)
            {
                _deadAt = Stopwatch.GetTimestamp();
            }

            if ((_freedAt != 0 && _deadAt != 0) || now >= Volatile.Read(ref _end))
            {
                return;
            }

            SelfProtection.Sleep(PauseMicroseconds);
        }
    }
}
