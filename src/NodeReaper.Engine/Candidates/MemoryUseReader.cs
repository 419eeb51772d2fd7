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
        var error = cgroup.ReadValue("memory.current\0"u8, out var current);
        if (!error.IsNone)
        {
            return error;
        }

        var read = cgroup.ReadFile("memory.stat\0"u8, _text);
        if (!read.Succeeded)
        {
            return read.Error;
        }

        if (MemoryStat.Parse(_text.AsSpan(0, (int)read.Value), out var stat) != ParseOutcome.Ok)
        {
            return Errno.EINVAL;
        }

        // No such file without swap in the kernel: nothing is swapped out then.
        _ = cgroup.ReadValue("memory.swap.current\0"u8, out var swap);
        use = MemoryUse.Of(current, stat, swap);
        return Errno.None;
    }
}
