using NodeReaper.Kernel.Cgroups;
using NodeReaper.Kernel.Syscalls;
using NodeReaper.Kernel.Text;

namespace NodeReaper.Engine.Candidates;

/// <summary>Reads what a cgroup's memory consists of, into a buffer made once.</summary>
public sealed class MemoryUseReader
{
    // memory.stat is about 2 KiB on 7.x.
    private readonly byte[] _text = new byte[16384];

    /// <summary>Reads memory.current, memory.stat and memory.swap.current.</summary>
    /// <param name="cgroup">The cgroup.</param>
    /// <param name="use">What they say; all 0 on error.</param>
    /// <returns>
    /// ENOENT or ENODEV: the cgroup is gone, or has no memory controller. EINVAL: a file does not hold what the kernel
    /// documents.
    /// </returns>
    public Errno Read(CgroupDirectory cgroup, out MemoryUse use)
    {
        use = default;
        var files = MemoryFiles.Open(cgroup, out var error);
        if (error.IsNone)
        {
            error = Read(files, out use);
            files.Close();
        }

        return error;
    }

    /// <summary>The same from files that are open.</summary>
    /// <param name="files">The files.</param>
    /// <param name="use">What they say; all 0 on error.</param>
    /// <returns>ENODEV: the cgroup is gone. EINVAL: a file does not hold what the kernel documents.</returns>
    public Errno Read(in MemoryFiles files, out MemoryUse use)
    {
        use = default;
        var error = ReadValue(files.Current, out var current);
        if (!error.IsNone)
        {
            return error;
        }

        var read = files.Stat.ReadRecord(_text);
        if (!read.Succeeded)
        {
            return read.Error;
        }

        if (MemoryStat.Parse(_text.AsSpan(0, (int)read.Value), out var stat) != ParseOutcome.Ok)
        {
            return Errno.EINVAL;
        }

        // No such file without swap in the kernel: nothing is swapped out then.
        _ = ReadValue(files.Swap, out var swap);
        use = MemoryUse.Of(current, stat, swap);
        return Errno.None;
    }

    private static Errno ReadValue(FileDescriptor file, out long value)
    {
        value = 0;
        if (!file.IsOpen)
        {
            return Errno.ENOENT;
        }

        Span<byte> buffer = stackalloc byte[64];
        var read = file.ReadRecord(buffer);
        return !read.Succeeded ? read.Error
            : CgroupValue.Parse(buffer[..(int)read.Value], out value) == ParseOutcome.Ok ? Errno.None
            : Errno.EINVAL;
    }
}
