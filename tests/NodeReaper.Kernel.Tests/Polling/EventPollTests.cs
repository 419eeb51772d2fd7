using System.Diagnostics;
using NodeReaper.Kernel.Polling;
using NodeReaper.Kernel.Syscalls;

namespace NodeReaper.Kernel.Tests.Polling;

public class EventPollTests
{
    [Fact]
    public void What_was_raised_is_readable_until_it_is_taken_back()
    {
        using var poll = new EventPoll();
        using var wakeUp = new WakeUp();
        var events = new PollEvent[4];
        Assert.Equal(Errno.None, poll.AddReadable(wakeUp.Descriptor, -5));
        Assert.Equal(0, poll.Wait(events, 0));

        wakeUp.Raise();
        wakeUp.Raise();
        for (var i = 0; i < 2; i++)
        {
            Assert.Equal(1, poll.Wait(events, 1000));
            Assert.Equal(new PollEvent(-5, IsUrgent: false, IsReadable: true, IsBroken: false), events[0]);
        }

        wakeUp.Reset();
        Assert.Equal(0, poll.Wait(events, 0));
        wakeUp.Reset();
        Assert.Equal(0, poll.Wait(events, 0));
    }

    [Fact]
    public void A_wake_up_is_waited_for_by_itself_and_taken_back_by_that()
    {
        using var wakeUp = new WakeUp();
        Assert.False(wakeUp.Wait(0));
        wakeUp.Raise();
        Assert.True(wakeUp.Wait(-1));
        Assert.False(wakeUp.Wait(0));
    }

    [Fact]
    public void Another_thread_wakes_the_waiter()
    {
        using var poll = new EventPoll();
        using var wakeUp = new WakeUp();
        poll.AddReadable(wakeUp.Descriptor, 1);
        var waker = new Thread(() =>
        {
            Thread.Sleep(50);
            wakeUp.Raise();
        });
        waker.Start();
        Assert.Equal(1, poll.Wait(new PollEvent[1], Eventually.TimeoutMilliseconds));
        waker.Join();
    }

    [Fact]
    public void Several_at_once_are_told_by_their_tags_and_no_more_than_there_is_room_for()
    {
        using var poll = new EventPoll();
        var wakeUps = Enumerable.Range(0, 20).Select(_ => new WakeUp()).ToArray();
        for (var i = 0; i < wakeUps.Length; i++)
        {
            poll.AddReadable(wakeUps[i].Descriptor, i);
            wakeUps[i].Raise();
        }

        var events = new PollEvent[32];
        Assert.Equal(3, poll.Wait(events.AsSpan(0, 3), 0));
        Assert.Equal(16, poll.Wait(events, 0));
        foreach (var happened in events.AsSpan(0, 16))
        {
            wakeUps[happened.Tag].Reset();
        }

        Assert.Equal(4, poll.Wait(events, 0));
        Array.ForEach(wakeUps, wakeUp => wakeUp.Dispose());
    }

    [Fact]
    public void Adding_twice_is_EEXIST_and_what_cannot_be_waited_for_is_EPERM()
    {
        using var poll = new EventPoll();
        using var wakeUp = new WakeUp();
        Assert.Equal(Errno.None, poll.AddReadable(wakeUp.Descriptor, 1));
        Assert.Equal(Errno.EEXIST, poll.AddReadable(wakeUp.Descriptor, 2));
        Assert.Equal(Errno.EEXIST, poll.AddUrgent(wakeUp.Descriptor, 2));
        Assert.Equal(Errno.EBADF, poll.AddUrgent(FileDescriptor.None, 3));

        var regular = FileDescriptor.OpenRead(typeof(EventPollTests).Assembly.Location, out _);
        Assert.Equal(Errno.EPERM, poll.AddReadable(regular, 4));
        regular.Close();
    }

    [Fact]
    public void What_was_taken_out_is_not_waited_for()
    {
        using var poll = new EventPoll();
        using var wakeUp = new WakeUp();
        poll.AddReadable(wakeUp.Descriptor, 1);
        wakeUp.Raise();
        poll.Remove(wakeUp.Descriptor);
        poll.Remove(wakeUp.Descriptor);
        Assert.Equal(0, poll.Wait(new PollEvent[1], 0));
    }

    [Fact]
    public void A_wait_without_events_takes_as_long_as_was_asked()
    {
        using var poll = new EventPoll();
        var clock = Stopwatch.StartNew();
        Assert.Equal(0, poll.Wait(new PollEvent[1], 50));
        Assert.InRange(clock.ElapsedMilliseconds, 49, Eventually.TimeoutMilliseconds);
    }

    [Fact]
    public void Waking_and_waiting_allocates_nothing()
    {
        using var poll = new EventPoll();
        using var wakeUp = new WakeUp();
        poll.AddReadable(wakeUp.Descriptor, 1);
        var events = new PollEvent[1];
        var allocated = -1L;
        for (var round = 0; round < 3; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            wakeUp.Raise();
            _ = poll.Wait(events, 0);
            _ = wakeUp.Wait(0);
            wakeUp.Reset();
            _ = poll.Wait(events, 0);
            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Assert.Equal(0, allocated);
    }
}
