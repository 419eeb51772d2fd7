using NodeReaper.Kernel.Syscalls;
using NodeReaper.Kernel.Text;

namespace NodeReaper.Kernel.Cgroups;

/// <summary>
/// An open cgroup v2 directory. Its files are opened by name relative to it, so that a cgroup of the same path that
/// comes later is never mistaken for this one: all reads then say ENOENT or ENODEV.
/// </summary>
/// <param name="Descriptor">The directory.</param>
public readonly record struct CgroupDirectory(FileDescriptor Descriptor)
{
    /// <summary>No cgroup.</summary>
    public static readonly CgroupDirectory None = new(FileDescriptor.None);

    /// <summary>True when this holds a directory.</summary>
    public bool IsOpen => Descriptor.IsOpen;

    /// <summary>Opens a cgroup by path.</summary>
    /// <param name="path">Such as <c>/sys/fs/cgroup/kubepods.slice</c>.</param>
    /// <param name="error">ENOENT or ENOTDIR when there is no such directory; EACCES.</param>
    public static CgroupDirectory Open(string path, out Errno error) => new(FileDescriptor.OpenDirectory(path, out error));

    /// <summary>Reads one of its files whole. The value is the length in bytes; ENOENT or ENODEV when the cgroup is gone, or has no such file.</summary>
    /// <param name="nullTerminatedName">Such as <c>"memory.stat\0"u8</c>.</param>
    /// <param name="buffer">Where the content goes; EOVERFLOW when it is too small.</param>
    public SyscallResult ReadFile(ReadOnlySpan<byte> nullTerminatedName, Span<byte> buffer)
    {
        var opened = Descriptor.OpenReadAt(nullTerminatedName);
        if (!opened.Succeeded)
        {
            return opened;
        }

        var file = new FileDescriptor((int)opened.Value);
        var read = file.ReadWhole(buffer);
        file.Close();
        return read;
    }

    /// <summary>Reads a file that holds one number, such as memory.current.</summary>
    /// <param name="nullTerminatedName">The file's name.</param>
    /// <param name="value">The number; <see cref="long.MaxValue"/> for <c>max</c>; 0 on error.</param>
    /// <returns>EINVAL when the file holds no number.</returns>
    public Errno ReadValue(ReadOnlySpan<byte> nullTerminatedName, out long value)
    {
        Span<byte> buffer = stackalloc byte[64];
        value = 0;
        var read = ReadFile(nullTerminatedName, buffer);
        if (!read.Succeeded)
        {
            return read.Error;
        }

        return CgroupValue.Parse(buffer[..(int)read.Value], out value) == Text.ParseOutcome.Ok ? Errno.None : Errno.EINVAL;
    }

    /// <summary>Writes to one of its files.</summary>
    /// <param name="nullTerminatedName">The file's name.</param>
    /// <param name="content">What to write, in one call.</param>
    /// <param name="isBlocking">False: a limit is set without reclaiming first what is above it (Linux 6.16; before that, it is reclaimed).</param>
    /// <returns>ENOENT or ENODEV when the cgroup is gone or has no such file; EROFS, EACCES, EPERM when not allowed.</returns>
    public Errno WriteFile(ReadOnlySpan<byte> nullTerminatedName, ReadOnlySpan<byte> content, bool isBlocking = true)
    {
        var opened = Descriptor.OpenWriteAt(nullTerminatedName, isBlocking);
        if (!opened.Succeeded)
        {
            return opened.Error;
        }

        var file = new FileDescriptor((int)opened.Value);
        var written = file.Write(content);
        file.Close();
        return written.Error;
    }

    /// <summary>Reads memory.events or memory.events.local, of this cgroup or of one above it (<c>../</c>).</summary>
    /// <param name="nullTerminatedName">The file's name.</param>
    /// <param name="events">The reading; all 0 when it failed.</param>
    /// <returns>False when the cgroup is gone, or the file does not read as the kernel writes it.</returns>
    public bool TryReadEvents(ReadOnlySpan<byte> nullTerminatedName, out MemoryEvents events)
    {
        Span<byte> text = stackalloc byte[512];
        events = default;
        var read = ReadFile(nullTerminatedName, text);
        return read.Succeeded && MemoryEvents.Parse(text[..(int)read.Value], out events) == ParseOutcome.Ok;
    }

    /// <summary>
    /// Kills every process in the cgroup and below it, forks in flight included (cgroup.kill, Linux 5.14).
    /// ENOENT: the kernel has no such file, this is the root, or the cgroup is gone; EOPNOTSUPP: a threaded cgroup.
    /// </summary>
    public Errno Kill() => WriteFile("cgroup.kill\0"u8, "1"u8);

    /// <summary>
    /// Tells whether a process lives in it or below it (cgroup.events). False once it is gone; true as long as that cannot be told.
    /// </summary>
    public bool IsPopulated()
    {
        Span<byte> text = stackalloc byte[256];
        var read = ReadFile("cgroup.events\0"u8, text);
        return read.Succeeded
            ? CgroupEvents.Parse(text[..(int)read.Value], out var events) != Text.ParseOutcome.Ok || events.Populated
            : !read.Error.IsGone;
    }

    /// <summary>Opens a cgroup below this one.</summary>
    /// <param name="nullTerminatedName">Its name.</param>
    /// <param name="error">ENOENT when it is gone.</param>
    public CgroupDirectory OpenChild(ReadOnlySpan<byte> nullTerminatedName, out Errno error)
    {
        var opened = Descriptor.OpenDirectoryAt(nullTerminatedName);
        error = opened.Error;
        return opened.Succeeded ? new CgroupDirectory(new FileDescriptor((int)opened.Value)) : None;
    }

    /// <summary>Closes the directory; the cgroup is not touched.</summary>
    public void Close() => Descriptor.Close();
}
