using NodeReaper.Kernel.Cgroups;
using NodeReaper.Kernel.Syscalls;

namespace NodeReaper.Engine.Candidates;

/// <summary>A container's memory files, kept open: with hundreds of containers, opening them is what a decision would wait for.</summary>
/// <param name="Current">memory.current.</param>
/// <param name="Stat">memory.stat.</param>
/// <param name="Swap">memory.swap.current; none without swap in the kernel.</param>
public readonly record struct MemoryFiles(FileDescriptor Current, FileDescriptor Stat, FileDescriptor Swap)
{
    /// <summary>No files.</summary>
    public static readonly MemoryFiles None = new(FileDescriptor.None, FileDescriptor.None, FileDescriptor.None);

    /// <summary>Opens the files of a cgroup.</summary>
    /// <param name="cgroup">The cgroup.</param>
    /// <param name="error">Why memory.current or memory.stat could not be opened: ENOENT where there is no memory controller, EMFILE.</param>
    /// <returns>None when one could not be opened.</returns>
    public static MemoryFiles Open(CgroupDirectory cgroup, out Errno error)
    {
        var current = cgroup.Descriptor.OpenReadAt("memory.current\0"u8);
        var stat = cgroup.Descriptor.OpenReadAt("memory.stat\0"u8);
        var swap = cgroup.Descriptor.OpenReadAt("memory.swap.current\0"u8);
        var files = new MemoryFiles(DescriptorOf(current), DescriptorOf(stat), DescriptorOf(swap));
        error = current.Succeeded ? stat.Error : current.Error;
        if (error.IsNone)
        {
            return files;
        }

        files.Close();
        return None;
    }

    /// <summary>Closes them.</summary>
    public void Close()
    {
        Current.Close();
        Stat.Close();
        Swap.Close();
    }

    private static FileDescriptor DescriptorOf(in SyscallResult opened) =>
        opened.Succeeded ? new FileDescriptor((int)opened.Value) : FileDescriptor.None;
}
