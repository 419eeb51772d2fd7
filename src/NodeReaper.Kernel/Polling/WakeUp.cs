using NodeReaper.Kernel.Syscalls;
using Tmds.Linux;
using static NodeReaper.Kernel.Syscalls.KernelConstants;

namespace NodeReaper.Kernel.Polling;

/// <summary>A counter that one thread raises and another waits for, in poll or epoll (eventfd(2)).</summary>
public sealed class WakeUp : IDisposable
{
    /// <summary>Makes one that is not raised.</summary>
    /// <exception cref="IOException">The kernel gave no descriptor (EMFILE, ENFILE, ENOMEM).</exception>
    public WakeUp()
    {
        var made = SyscallResult.FromLibc(LibC.eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
        if (!made.Succeeded)
        {
            throw new IOException($"eventfd failed: {made.Error}");
        }

        Descriptor = new FileDescriptor((int)made.Value);
    }

    /// <summary>What to wait for: readable once raised.</summary>
    public FileDescriptor Descriptor { get; }

    /// <summary>Wakes the waiter. Safe from any thread; allocates nothing.</summary>
    public void Raise()
    {
        Span<byte> one = [1, 0, 0, 0, 0, 0, 0, 0];
        _ = Descriptor.Write(one);
    }

    /// <summary>Waits until it is raised, and takes back all that was raised so far.</summary>
    /// <param name="timeoutMilliseconds">How long, in milliseconds; -1 for ever.</param>
    /// <returns>False when the time was up first, or a signal ended the wait.</returns>
    public unsafe bool Wait(int timeoutMilliseconds)
    {
        var request = new PollRequest { Descriptor = Descriptor.Number, Events = POLLIN };
        if (NativeMethods.Poll(&request, 1, timeoutMilliseconds) <= 0)
        {
            return false;
        }

        Reset();
        return true;
    }

    /// <summary>Takes back all that was raised so far.</summary>
    public void Reset()
    {
        Span<byte> count = stackalloc byte[8];
        _ = Descriptor.Read(count);
    }

    /// <inheritdoc/>
    public void Dispose() => Descriptor.Close();
}
