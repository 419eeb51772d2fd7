using System.Buffers.Binary;
using NodeReaper.Kernel.Syscalls;
using static NodeReaper.Kernel.Syscalls.KernelConstants;

namespace NodeReaper.Kernel.Cgroups;

/// <summary>
/// Walks the directories in a directory without allocating (getdents64(2)). The directory must have been opened for
/// this walk: it is read from where its offset stands.
/// </summary>
public ref struct ChildDirectories
{
    // struct linux_dirent64: u64 d_ino, s64 d_off, u16 d_reclen, u8 d_type, char d_name[].
    private const int LengthOffset = 16;
    private const int TypeOffset = 18;
    private const int NameOffset = 19;

    private readonly FileDescriptor _directory;
    private readonly Span<byte> _buffer;
    private int _next;
    private int _end;

    /// <summary>Starts a walk.</summary>
    /// <param name="directory">The directory.</param>
    /// <param name="buffer">Where entries go; at least 512 bytes.</param>
    public ChildDirectories(FileDescriptor directory, Span<byte> buffer)
    {
        _directory = directory;
        _buffer = buffer;
    }

    /// <summary>The name of the directory at hand, with its zero byte at the end; valid until the next step.</summary>
    public ReadOnlySpan<byte> NullTerminatedName { get; private set; }

    /// <summary>The name of the directory at hand.</summary>
    public readonly ReadOnlySpan<byte> Name => NullTerminatedName[..^1];

    /// <summary>Its inode number: for a cgroup, the kernel's ID of it, which rises with each new one.</summary>
    public long Inode { get; private set; }

    /// <summary>Why the walk ended: <see cref="Errno.None"/> at the end of the directory, ENOENT when it was removed.</summary>
    public Errno Error { get; private set; }

    /// <summary>Goes to the next directory; <c>.</c> and <c>..</c> and files are passed over.</summary>
    /// <returns>False at the end; <see cref="Error"/> says why.</returns>
    public unsafe bool MoveNext()
    {
        while (true)
        {
            if (_next >= _end)
            {
                SyscallResult read;
                fixed (byte* start = _buffer)
                {
                    read = SyscallResult.FromLibc(
                        NativeMethods.GetDirectoryEntries(_directory.Number, start, (nuint)_buffer.Length));
                }

                if (!read.Succeeded || read.Value == 0)
                {
                    Error = read.Error;
                    return false;
                }

                _next = 0;
                _end = (int)read.Value;
            }

            var entry = _buffer[_next.._end];
            var length = BinaryPrimitives.ReadUInt16LittleEndian(entry[LengthOffset..]);
            _next += length;
            var name = entry[NameOffset..length];
            name = name[..(name.IndexOf((byte)0) + 1)];
            if (entry[TypeOffset] == DT_DIR && !name.SequenceEqual(".\0"u8) && !name.SequenceEqual("..\0"u8))
            {
                Inode = BinaryPrimitives.ReadInt64LittleEndian(entry);
                NullTerminatedName = name;
                return true;
            }
        }
    }
}
