using System.Buffers.Text;
using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Killing;
using NodeReaper.Kernel.Syscalls;

namespace NodeReaper.Engine.Stages;

/// <summary>
/// Slows containers down by memory.high, and gives each back what it had. What that was, and what it was set to, is kept at the cgroup
/// itself, as an extended attribute that only root can set: should the agent die, the next one finds it there.
/// </summary>
public sealed class Throttles
{
    private readonly byte[] _number = new byte[32];
    private readonly byte[] _mark = new byte[64];
    private readonly KillErrors _errors;

    /// <summary>Makes one.</summary>
    /// <param name="errors">Counts errors.</param>
    public Throttles(KillErrors errors) => _errors = errors;

    private static ReadOnlySpan<byte> Mark => "trusted.nodereaper.memory_high\0"u8;

    private static ReadOnlySpan<byte> High => "memory.high\0"u8;

    /// <summary>Lets a container grow only as fast as it can be reclaimed from. Allocates nothing.</summary>
    /// <param name="container">The container.</param>
    /// <param name="bytes">What it may use without being slowed down, in bytes.</param>
    /// <returns>EPERM, EOPNOTSUPP: the mark cannot be set (CAP_SYS_ADMIN), so nothing was done; ENOENT or ENODEV: it is gone; EACCES, EROFS: not allowed.</returns>
    public Errno Set(ContainerCgroup container, long bytes)
    {
        var directory = container.Directory;
        var error = directory.ReadValue(High, out var before);

        // Its own, lower one does more than ours could.
        if (error.IsNone && before <= bytes)
        {
            return Errno.EEXIST;
        }

        error = error.IsNone ? directory.Descriptor.SetAttribute(Mark, MarkText(before, bytes)) : error;
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

        // The kernel rounds down to pages.
        container.HighBefore = before;
        container.ThrottledAt = Math.Max(1, bytes - (bytes % Environment.SystemPageSize));
        return Errno.None;
    }

    /// <summary>Gives a container back what it had, unless somebody else has set it since. Allocates nothing.</summary>
    /// <param name="container">The container.</param>
    /// <returns>False when that failed: it is still throttled, and its mark still there, so that it can be tried again, if only by the next agent.</returns>
    public bool Lift(ContainerCgroup container)
    {
        var error = container.Directory.ReadValue(High, out var now);
        if (error.IsNone && now == container.ThrottledAt)
        {
            error = container.Directory.WriteFile(High, Text(container.HighBefore), isBlocking: false);
        }

        if (!IsDone(error))
        {
            return false;
        }

        _ = container.Directory.Descriptor.RemoveAttribute(Mark);
        container.ThrottledAt = 0;
        return true;
    }

    /// <summary>Gives a container back what an agent before this one took from it and did not live to give back. Allocates nothing.</summary>
    /// <param name="container">The container.</param>
    /// <param name="isTried">False when that failed, and is to be tried again.</param>
    /// <returns>True when there was something, and it was given back.</returns>
    public bool LiftLeftover(ContainerCgroup container, out bool isTried)
    {
        isTried = true;
        var read = container.Directory.Descriptor.ReadAttribute(Mark, _mark);
        if (!read.Succeeded)
        {
            return false;
        }

        // What somebody else has set since is theirs. The kernel rounds what is set down to pages.
        var error = container.Directory.ReadValue(High, out var now);
        var isMark = TryReadMark(_mark.AsSpan(0, (int)read.Value), out var before, out var set);
        var isOurs = isMark && error.IsNone && now <= set && now > set - Environment.SystemPageSize;
        if (isOurs)
        {
            error = container.Directory.WriteFile(High, Text(before), isBlocking: false);
        }

        isTried = IsDone(error);
        if (isTried)
        {
            _ = container.Directory.Descriptor.RemoveAttribute(Mark);
        }

        return isOurs && error.IsNone;
    }

    // What is gone is throttled no more.
    private bool IsDone(Errno error) => error.IsGone || _errors.Note(KillCall.Throttle, error).IsNone;

    // "before set", in bytes or max.
    private ReadOnlySpan<byte> MarkText(long before, long set)
    {
        var text = Text(before);
        text.CopyTo(_mark);
        _mark[text.Length] = (byte)' ';
        var length = text.Length + 1;
        text = Text(set);
        text.CopyTo(_mark.AsSpan(length));
        return _mark.AsSpan(0, length + text.Length);
    }

    private static bool TryReadMark(ReadOnlySpan<byte> text, out long before, out long set)
    {
        set = 0;
        var space = text.IndexOf((byte)' ');
        return TryReadAmount(text[..Math.Max(0, space)], out before) && TryReadAmount(text[(space + 1)..], out set);
    }

    private static bool TryReadAmount(ReadOnlySpan<byte> text, out long bytes)
    {
        bytes = long.MaxValue;
        return text.SequenceEqual("max"u8) || (Utf8Parser.TryParse(text, out bytes, out var length) && length == text.Length && bytes >= 0);
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
