using System.Diagnostics;
using NodeReaper.Engine.Policy;
using NodeReaper.Kernel.Polling;
using NodeReaper.Kernel.Pressure;
using NodeReaper.Kernel.Syscalls;

namespace NodeReaper.Engine.Pressure;

/// <summary>
/// All that wakes the pressure thread before its next sample: the kernel's PSI alarms of the node and of the slices, the slices' memory
/// events, whoever asks, and the wish to stop.
/// </summary>
internal sealed class PressurePoll : IDisposable
{
    private const int StopTag = 0;
    private const int SomeTag = 1;
    private const int FullTag = 2;
    private const int AskTag = 3;
    private const int SliceSomeTag = 16;
    private const int SliceFullTag = SliceSomeTag + PodSlices.Capacity;
    private const int EventsTag = SliceFullTag + PodSlices.Capacity;

    // A Pod at its own limit raises events without end; ten wake-ups a second for them are enough.
    private static readonly long s_eventsApart = Stopwatch.Frequency / 10;

    private readonly EventPoll _poll = new();
    private readonly NodePressure _node;
    private readonly FileDescriptor[] _nodeAlarms = [FileDescriptor.None, FileDescriptor.None];

    // When the events of a slice are waited for again; 0 while they are.
    private readonly long[] _rearmAt = new long[PodSlices.Capacity];

    private readonly WakeUp _ask;

    internal PressurePoll(NodePressure node, WakeUp stop, WakeUp ask)
    {
        _node = node;
        _ask = ask;
        _ = _poll.AddReadable(stop.Descriptor, StopTag);
        _ = _poll.AddReadable(ask.Descriptor, AskTag);
    }

    internal bool AddNodeAlarm(PsiTrigger alarm, PsiKind kind)
    {
        _nodeAlarms[(int)kind] = alarm.Descriptor;
        return _poll.AddUrgent(alarm.Descriptor, kind == PsiKind.Some ? SomeTag : FullTag).IsNone;
    }

    /// <summary>Waits for the slices that there are now, and no more for those that are gone. Allocates.</summary>
    internal void WatchSlices(Candidates.KubepodsTree tree, PressurePolicy policy) => _node.Slices.Update(
        tree.Root,
        tree.Slices,
        policy,
        opened: (place, slice) =>
        {
            _rearmAt[place] = 0;
            AddAlarm(slice.SomeAlarm, SliceSomeTag + place);
            AddAlarm(slice.FullAlarm, SliceFullTag + place);
            if (slice.Events.IsOpen)
            {
                slice.RearmEvents();
                _ = _poll.AddUrgent(slice.Events, EventsTag + place);
            }
        },
        closing: slice =>
        {
            RemoveAlarm(slice.SomeAlarm);
            RemoveAlarm(slice.FullAlarm);
            _poll.Remove(slice.Events);
        });

    /// <summary>Waits, and passes on what the alarms say. Allocates nothing.</summary>
    /// <param name="milliseconds">How long.</param>
    /// <returns>False when it is time to stop.</returns>
    internal bool Wait(int milliseconds)
    {
        Rearm();
        Span<PollEvent> events = stackalloc PollEvent[16];
        var count = _poll.Wait(events, milliseconds);
        foreach (var happened in events[..count])
        {
            if (happened.Tag == StopTag)
            {
                return false;
            }

            if (happened.Tag == AskTag)
            {
                _ask.Reset();
                continue;
            }

            Note(happened);
        }

        return true;
    }

    public void Dispose() => _poll.Dispose();

    private void AddAlarm(PsiTrigger? alarm, int tag)
    {
        if (alarm is not null)
        {
            _ = _poll.AddUrgent(alarm.Descriptor, tag);
        }
    }

    private void RemoveAlarm(PsiTrigger? alarm)
    {
        if (alarm is not null)
        {
            _poll.Remove(alarm.Descriptor);
        }
    }

    private void Note(in PollEvent happened)
    {
        if (happened.Tag >= EventsTag)
        {
            var place = happened.Tag - EventsTag;
            if (_node.Slices.All[place] is { } slice)
            {
                // A cgroup's file says so with POLLERR as well: that is no error.
                _poll.Remove(slice.Events);
                _rearmAt[place] = Stopwatch.GetTimestamp() + s_eventsApart;
            }
        }
        else if (happened.Tag >= SliceSomeTag)
        {
            var kind = happened.Tag < SliceFullTag ? PsiKind.Some : PsiKind.Full;
            if (_node.Slices.All[(happened.Tag - SliceSomeTag) % PodSlices.Capacity] is { } slice
                && (kind == PsiKind.Some ? slice.SomeAlarm : slice.FullAlarm) is { } alarm)
            {
                NoteAlarm(happened, alarm.Descriptor, kind, slice);
            }
        }
        else
        {
            var kind = happened.Tag == SomeTag ? PsiKind.Some : PsiKind.Full;
            NoteAlarm(happened, _nodeAlarms[(int)kind], kind, null);
        }
    }

    private void NoteAlarm(in PollEvent happened, FileDescriptor alarm, PsiKind kind, SlicePressure? slice)
    {
        if (happened.IsBroken)
        {
            _poll.Remove(alarm);
        }
        else if (happened.IsUrgent && slice is not null)
        {
            slice.NoteStall(kind);
        }
        else if (happened.IsUrgent)
        {
            _node.NoteStall(kind);
        }
    }

    private void Rearm()
    {
        var now = Stopwatch.GetTimestamp();
        for (var place = 0; place < PodSlices.Capacity; place++)
        {
            if (_rearmAt[place] != 0 && now >= _rearmAt[place] && _node.Slices.All[place] is { } slice)
            {
                _rearmAt[place] = 0;
                slice.RearmEvents();
                _ = _poll.AddUrgent(slice.Events, EventsTag + place);
            }
        }
    }
}
