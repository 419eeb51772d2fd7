using System.Buffers.Text;
using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Killing;
using NodeReaper.Kernel.Syscalls;

namespace NodeReaper.Engine.Stages;

/// <summary>
/// Slows containers down by memory.high, and gives each back what it had. What that was is kept at the cgroup itself, as an extended
/// attribute: should the agent die, the next one finds it there.
/// </summary>
public sealed class Throttles
{
    private readonly byte[] _number = new byte[32];
    private readonly KillErrors _errors;

    /// <summary>Makes one.</summary>
    /// <param name="errors">Counts errors.</param>
    public Throttles(KillErrors errors) => _errors = errors;

    private static ReadOnlySpan<byte> Mark => "user.nodereaper.memory_high\0"u8;

    private static ReadOnlySpan<byte> High => "memory.high\0"u8;

    /// <summary>Lets a container grow only as fast as it can be reclaimed from. Allocates nothing.</summary>
    /// <param name="container">The container.</param>
    /// <param name="bytes">What it may use without being slowed down, in bytes.</param>
    /// <returns>EOPNOTSUPP: the mark cannot be set, so nothing was done; ENOENT or ENODEV: it is gone; EACCES, EROFS: not allowed.</returns>
    public Errno Set(ContainerCgroup container, long bytes)
    {
        var directory = container.Directory;
        var error = directory.ReadValue(High, out var before);

        // Its own, lower one does more than ours could.
        if (error.IsNone && before <= bytes)
        {
            return Errno.EEXIST;
        }

        error = error.IsNone ? directory.Descriptor.SetAttribute(Mark, Text(before)) : error;
        if (!error.IsNone)
        {
            return _errors.Note(KillCall.Throttle, error);
        }

        error = directory.WriteFile(High, Text(bytes), isBlocking: false);
        if (!error.IsNone)
        {
            _ = directory.Descriptor.RemoveAttribute(Mark);
            return _errors.Note(KillCall.Throttle, error);
        }

        // The kernel rounds to pages.
        _ = directory.ReadValue(High, out var set);
        container.HighBefore = before;
        container.ThrottledAt = Math.Max(1, set);
        return Errno.None;
    }

    /// <summary>Gives a container back what it had, unless somebody else has set it since. Allocates nothing.</summary>
    /// <param name="container">The container.</param>
    public void Lift(ContainerCgroup container)
    {
        if (container.Directory.ReadValue(High, out var now).IsNone && now == container.ThrottledAt)
        {
            _ = _errors.Note(KillCall.Throttle, container.Directory.WriteFile(High, Text(container.HighBefore)));
        }

        _ = container.Directory.Descriptor.RemoveAttribute(Mark);
        container.ThrottledAt = 0;
    }

    /// <summary>Gives a container back what an agent before this one took from it and did not live to give back. Allocates nothing.</summary>
    /// <param name="container">The container.</param>
    /// <returns>True when there was something.</returns>
    public bool LiftLeftover(ContainerCgroup container)
    {
        var read = container.Directory.Descriptor.ReadAttribute(Mark, _number);
        if (!read.Succeeded)
        {
            return false;
        }

        // What is not a number we did not write: then no limit is the harmless one.
        var text = _number.AsSpan(0, (int)read.Value);
        var isOurs = text.SequenceEqual("max"u8) || (Utf8Parser.TryParse(text, out long bytes, out var length) && length == text.Length && bytes >= 0);
        _ = _errors.Note(KillCall.Throttle, container.Directory.WriteFile(High, isOurs ? text : "max"u8));
        _ = container.Directory.Descriptor.RemoveAttribute(Mark);
        return true;
    }

    private ReadOnlySpan<byte> Text(long bytes)
    {
        if (bytes == long.MaxValue)
        {
            return "max"u8;
        }

        _ = Utf8Formatter.TryFormat(bytes, _number, out var length);
        return _number.AsSpan(0, length);
    }
}
