using System.Text;
using Tmds.Linux;
using static NodeReaper.Kernel.Syscalls.KernelConstants;

namespace NodeReaper.Kernel.Syscalls;

/// <summary>
/// An open file descriptor as a value, so that the kill path can hold thousands of them without an object each.
/// Whoever opened it closes it, once.
/// </summary>
/// <param name="Number">The descriptor; negative means none.</param>
public readonly record struct FileDescriptor(int Number)
{
    /// <summary>No descriptor.</summary>
    public static readonly FileDescriptor None = new(-1);

    /// <summary>True when this holds a descriptor.</summary>
    public bool IsOpen => Number >= 0;

    /// <summary>Opens a file for reading (open(2), O_RDONLY | O_CLOEXEC).</summary>
    /// <param name="path">The path.</param>
    /// <param name="error">Why it could not be opened, such as ENOENT or EACCES.</param>
    public static FileDescriptor OpenRead(string path, out Errno error) => Open(path, O_RDONLY, out error);

    /// <summary>Opens a file for reading, and waits for nobody, as at a pipe (open(2), O_RDONLY | O_NONBLOCK | O_CLOEXEC).</summary>
    /// <param name="path">The path.</param>
    /// <param name="error">Why it could not be opened, such as ENOENT or EACCES.</param>
    public static FileDescriptor OpenReadNoWait(string path, out Errno error) => Open(path, O_RDONLY | O_NONBLOCK, out error);

    /// <summary>Opens a file for reading and writing (open(2), O_RDWR | O_NONBLOCK | O_CLOEXEC).</summary>
    /// <param name="path">The path.</param>
    /// <param name="error">Why it could not be opened.</param>
    public static FileDescriptor OpenReadWrite(string path, out Errno error) => Open(path, O_RDWR | O_NONBLOCK, out error);

    /// <summary>Opens a file for writing that is no link, and waits for nobody (open(2), O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC).</summary>
    /// <param name="path">The path.</param>
    /// <param name="error">Why it could not be opened, such as ELOOP: it is a link.</param>
    public static FileDescriptor OpenWriteNoFollow(string path, out Errno error) => Open(path, O_WRONLY | O_NOFOLLOW | O_NONBLOCK, out error);

    /// <summary>Opens a directory (open(2), O_DIRECTORY | O_CLOEXEC).</summary>
    /// <param name="path">The path.</param>
    /// <param name="error">Why it could not be opened, such as ENOENT or ENOTDIR.</param>
    public static FileDescriptor OpenDirectory(string path, out Errno error) => Open(path, O_RDONLY | O_DIRECTORY, out error);

    /// <summary>Opens a file for reading, relative to this directory (openat(2)).</summary>
    /// <param name="nullTerminatedName">The name in UTF-8 with a zero byte at its end; a <c>u8</c> literal needs <c>\0</c> written out.</param>
    public SyscallResult OpenReadAt(ReadOnlySpan<byte> nullTerminatedName) => OpenAt(nullTerminatedName, O_RDONLY);

    /// <summary>Opens a file for writing, relative to this directory (openat(2)).</summary>
    /// <param name="nullTerminatedName">The name in UTF-8 with a zero byte at its end.</param>
    /// <param name="isBlocking">False: whoever writes is not kept waiting, where the file knows how (O_NONBLOCK).</param>
    public SyscallResult OpenWriteAt(ReadOnlySpan<byte> nullTerminatedName, bool isBlocking = true) =>
        OpenAt(nullTerminatedName, isBlocking ? O_WRONLY : O_WRONLY | O_NONBLOCK);

    /// <summary>Opens a directory relative to this directory (openat(2)).</summary>
    /// <param name="nullTerminatedName">The name in UTF-8 with a zero byte at its end.</param>
    public SyscallResult OpenDirectoryAt(ReadOnlySpan<byte> nullTerminatedName) => OpenAt(nullTerminatedName, O_RDONLY | O_DIRECTORY);

    /// <summary>The inode number of what a name leads to, links followed (fstatat(2)).</summary>
    /// <param name="nullTerminatedName">The name in UTF-8 with a zero byte at its end.</param>
    public unsafe SyscallResult InodeAt(ReadOnlySpan<byte> nullTerminatedName)
    {
        CheckEnd(nullTerminatedName);
        stat found;
        fixed (byte* start = nullTerminatedName)
        {
            var result = SyscallResult.FromLibc(LibC.fstatat(Number, start, &found, 0));
            return result.Succeeded ? SyscallResult.Of((long)(ulong)found.st_ino) : result;
        }
    }

    /// <summary>Reads a link, without following it (readlinkat(2)); where it leads to is not told. ENOENT: no such link, or it leads nowhere.</summary>
    /// <param name="nullTerminatedName">The name in UTF-8 with a zero byte at its end.</param>
    public unsafe Errno ReadLinkAt(ReadOnlySpan<byte> nullTerminatedName)
    {
        CheckEnd(nullTerminatedName);
        byte first;
        fixed (byte* start = nullTerminatedName)
        {
            return SyscallResult.FromLibc((long)(nint)LibC.readlinkat(Number, start, &first, 1)).Error;
        }
    }

    /// <summary>Reads from an offset (pread(2)). The value is the number of bytes read.</summary>
    /// <param name="buffer">Where the bytes go.</param>
    /// <param name="offset">The offset in bytes from the start of the file.</param>
    public unsafe SyscallResult ReadAt(Span<byte> buffer, long offset)
    {
        fixed (byte* start = buffer)
        {
            SyscallResult result;
            do
            {
                result = SyscallResult.FromLibc(LibC.pread(Number, start, buffer.Length, offset));
            }
            while (result.Error == Errno.EINTR);
            return result;
        }
    }

    /// <summary>
    /// Reads a small file whole, from its start, with as many calls as it takes. The value is its length in bytes;
    /// EOVERFLOW when the buffer is too small to be sure that it holds all.
    /// </summary>
    /// <param name="buffer">Where the bytes go; one byte longer than the longest content that is expected.</param>
    public SyscallResult ReadWhole(Span<byte> buffer)
    {
        var length = 0;
        while (length < buffer.Length)
        {
            var result = ReadAt(buffer[length..], length);
            if (!result.Succeeded)
            {
                return result;
            }

            if (result.Value == 0)
            {
                return SyscallResult.Of(length);
            }

            length += (int)result.Value;
        }

        return SyscallResult.Failed(Errno.EOVERFLOW);
    }

    /// <summary>
    /// Reads a file that the kernel writes in one piece, such as memory.stat, from its start, with one call: to ask for more
    /// would make the kernel write all of it again. The value is its length in bytes; EOVERFLOW when the buffer is too small.
    /// </summary>
    /// <param name="buffer">Where the bytes go; one byte longer than the longest content that is expected.</param>
    public SyscallResult ReadRecord(Span<byte> buffer)
    {
        var result = ReadAt(buffer, 0);
        return result.Succeeded && result.Value == buffer.Length ? SyscallResult.Failed(Errno.EOVERFLOW) : result;
    }

    /// <summary>Reads what is next (read(2)). The value is the number of bytes read; 0 at the end.</summary>
    /// <param name="buffer">Where the bytes go.</param>
    public unsafe SyscallResult Read(Span<byte> buffer)
    {
        fixed (byte* start = buffer)
        {
            SyscallResult result;
            do
            {
                result = SyscallResult.FromLibc(LibC.read(Number, start, buffer.Length));
            }
            while (result.Error == Errno.EINTR);
            return result;
        }
    }

    /// <summary>Writes in one call, as cgroup files want it (write(2)). The value is the number of bytes taken.</summary>
    /// <param name="content">The bytes.</param>
    public unsafe SyscallResult Write(ReadOnlySpan<byte> content)
    {
        fixed (byte* start = content)
        {
            SyscallResult result;
            do
            {
                result = SyscallResult.FromLibc(LibC.write(Number, start, content.Length));
            }
            while (result.Error == Errno.EINTR);
            return result;
        }
    }

    /// <summary>
    /// Reads an extended attribute (fgetxattr(2)). The value is its length in bytes; ENODATA: there is none of that name; ERANGE: the
    /// buffer is too small; EOPNOTSUPP: the file system has none.
    /// </summary>
    /// <param name="nullTerminatedName">Such as <c>"user.name\0"u8</c>.</param>
    /// <param name="buffer">Where the bytes go.</param>
    public unsafe SyscallResult ReadAttribute(ReadOnlySpan<byte> nullTerminatedName, Span<byte> buffer)
    {
        CheckEnd(nullTerminatedName);
        fixed (byte* name = nullTerminatedName)
        fixed (byte* start = buffer)
        {
            return SyscallResult.FromLibc(NativeMethods.GetAttribute(Number, name, start, (nuint)buffer.Length));
        }
    }

    /// <summary>Sets an extended attribute (fsetxattr(2)). ENOSPC, EDQUOT: no room; EOPNOTSUPP: the file system has none; EPERM, EACCES.</summary>
    /// <param name="nullTerminatedName">Such as <c>"user.name\0"u8</c>.</param>
    /// <param name="value">The bytes.</param>
    public unsafe Errno SetAttribute(ReadOnlySpan<byte> nullTerminatedName, ReadOnlySpan<byte> value)
    {
        CheckEnd(nullTerminatedName);
        fixed (byte* name = nullTerminatedName)
        fixed (byte* start = value)
        {
            return SyscallResult.FromLibc(NativeMethods.SetAttribute(Number, name, start, (nuint)value.Length, 0)).Error;
        }
    }

    /// <summary>Removes an extended attribute (fremovexattr(2)). ENODATA: there is none of that name.</summary>
    /// <param name="nullTerminatedName">Such as <c>"user.name\0"u8</c>.</param>
    public unsafe Errno RemoveAttribute(ReadOnlySpan<byte> nullTerminatedName)
    {
        CheckEnd(nullTerminatedName);
        fixed (byte* name = nullTerminatedName)
        {
            return SyscallResult.FromLibc(NativeMethods.RemoveAttribute(Number, name)).Error;
        }
    }

    /// <summary>Closes the descriptor (close(2)); does nothing when there is none.</summary>
    public void Close()
    {
        if (IsOpen)
        {
            _ = LibC.close(Number);
        }
    }

    private static FileDescriptor Open(string path, int flags, out Errno error)
    {
        var name = new byte[Encoding.UTF8.GetMaxByteCount(path.Length) + 1];
        Encoding.UTF8.GetBytes(path, name);
        var opened = new FileDescriptor(AT_FDCWD).OpenAt(name, flags);
        error = opened.Error;
        return opened.Succeeded ? new FileDescriptor((int)opened.Value) : None;
    }

    // Without the zero byte the kernel would read on past the name.
    private static void CheckEnd(ReadOnlySpan<byte> nullTerminatedName)
    {
        if (nullTerminatedName.IndexOf((byte)0) < 0)
        {
            throw new ArgumentException("the name has no zero byte at its end", nameof(nullTerminatedName));
        }
    }

    private unsafe SyscallResult OpenAt(ReadOnlySpan<byte> nullTerminatedName, int flags)
    {
        CheckEnd(nullTerminatedName);
        fixed (byte* start = nullTerminatedName)
        {
            SyscallResult result;
            do
            {
                result = SyscallResult.FromLibc(LibC.openat(Number, start, flags | O_CLOEXEC, default));
            }
            while (result.Error == Errno.EINTR);
            return result;
        }
    }
}
