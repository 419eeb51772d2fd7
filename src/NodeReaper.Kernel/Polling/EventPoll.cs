using NodeReaper.Kernel.Syscalls;
using Tmds.Linux;
using static NodeReaper.Kernel.Syscalls.KernelConstants;

namespace NodeReaper.Kernel.Polling;

/// <summary>What a waited-for descriptor had to say.</summary>
/// <param name="Tag">The tag it was added with.</param>
/// <param name="IsUrgent">POLLPRI: for a PSI trigger, the threshold was crossed.</param>
/// <param name="IsReadable">POLLIN.</param>
/// <param name="IsBroken">POLLERR or POLLHUP: for a PSI trigger, its cgroup is gone.</param>
public readonly record struct PollEvent(int Tag, bool IsUrgent, bool IsReadable, bool IsBroken);

/// <summary>Waits for several descriptors at once (epoll(7)).</summary>
public sealed class EventPoll : IDisposable
{
    private const int MaxEvents = 16;
    private readonly FileDescriptor _epoll;

    /// <summary>Makes an empty set.</summary>
    /// <exception cref="IOException">The kernel gave no descriptor (EMFILE, ENFILE, ENOMEM).</exception>
    public EventPoll()
    {
        var made = SyscallResult.FromLibc(LibC.epoll_create1(EPOLL_CLOEXEC));
        if (!made.Succeeded)
        {
            throw new IOException($"epoll_create1 failed: {made.Error}");
        }

        _epoll = new FileDescriptor((int)made.Value);
    }

    /// <summary>Waits for urgent data (POLLPRI), as a PSI trigger reports it.</summary>
    /// <param name="descriptor">What to wait for.</param>
    /// <param name="tag">What <see cref="PollEvent.Tag"/> is to be.</param>
    /// <returns>EEXIST when it is in the set already; EPERM when the file cannot be waited for.</returns>
    public Errno AddUrgent(FileDescriptor descriptor, int tag) => Add(descriptor, tag, EPOLLPRI);

    /// <summary>Waits for readability (POLLIN).</summary>
    /// <param name="descriptor">What to wait for.</param>
    /// <param name="tag">What <see cref="PollEvent.Tag"/> is to be.</param>
    /// <returns>EEXIST when it is in the set already; EPERM when the file cannot be waited for.</returns>
    public Errno AddReadable(FileDescriptor descriptor, int tag) => Add(descriptor, tag, EPOLLIN);

    /// <summary>Takes a descriptor out of the set.</summary>
    /// <param name="descriptor">What was added.</param>
    public unsafe void Remove(FileDescriptor descriptor)
    {
        epoll_event none = default;
        _ = LibC.epoll_ctl(_epoll.Number, EPOLL_CTL_DEL, descriptor.Number, &none);
    }

    /// <summary>Waits until something happens or the time is up. A signal ends the wait early, with no events.</summary>
    /// <param name="events">Where the events go; at most 16 at a time.</param>
    /// <param name="timeoutMilliseconds">How long, in milliseconds; -1 for ever.</param>
    /// <returns>How many events there are.</returns>
    /// <exception cref="IOException">The set itself is broken (EBADF): a defect.</exception>
    public unsafe int Wait(Span<PollEvent> events, int timeoutMilliseconds)
    {
        var happened = stackalloc epoll_event[MaxEvents];
        var waited = SyscallResult.FromLibc(
            LibC.epoll_wait(_epoll.Number, happened, Math.Min(MaxEvents, events.Length), timeoutMilliseconds));
        if (!waited.Succeeded)
        {
            return waited.Error == Errno.EINTR ? 0 : throw new IOException($"epoll_wait failed: {waited.Error}");
        }

        for (var i = 0; i < waited.Value; i++)
        {
            var bits = (uint)happened[i].events;
            events[i] = new PollEvent(
                happened[i].data.fd, (bits & EPOLLPRI) != 0, (bits & EPOLLIN) != 0, (bits & (EPOLLERR | EPOLLHUP)) != 0);
        }

        return (int)waited.Value;
    }

    /// <inheritdoc/>
    public void Dispose() => _epoll.Close();

    private unsafe Errno Add(FileDescriptor descriptor, int tag, uint interest)
    {
        var wanted = new epoll_event();
        wanted.events = (int)interest;
        wanted.data.fd = tag;
        return SyscallResult.FromLibc(LibC.epoll_ctl(_epoll.Number, EPOLL_CTL_ADD, descriptor.Number, &wanted)).Error;
    }
}
