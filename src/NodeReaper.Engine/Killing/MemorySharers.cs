using System.Buffers.Text;
using NodeReaper.Kernel.Cgroups;
using NodeReaper.Kernel.Processes;
using NodeReaper.Kernel.Procfs;
using NodeReaper.Kernel.Syscalls;

namespace NodeReaper.Engine.Killing;

/// <summary>
/// Finds processes that share one address space (vfork(2), clone(2) with CLONE_VM): as long as one of them lives, the
/// kernel frees nothing, and process_mrelease answers EINVAL. Takes no reference to any memory.
/// </summary>
public sealed class MemorySharers
{
    private const int MaxSharers = 16;

    private readonly ProcessFiles _proc;
    private readonly KillErrors _errors;
    private readonly int[] _found = new int[MaxSharers];
    private readonly byte[] _entries = new byte[32768];
    private readonly byte[] _cgroup = new byte[4096];
    private readonly byte[] _otherCgroup = new byte[4096];

    /// <summary>Makes the buffers.</summary>
    /// <param name="proc">The proc file system.</param>
    /// <param name="errors">Counts errors.</param>
    public MemorySharers(ProcessFiles proc, KillErrors errors)
    {
        _proc = proc;
        _errors = errors;
    }

    /// <summary>Looks at every process of the node, with one kcmp(2) each.</summary>
    /// <param name="processId">The process; alive, or held.</param>
    /// <returns>The others that share its address space, at most 16; good until the next search.</returns>
    public ReadOnlySpan<int> Find(int processId)
    {
        var opened = _proc.Root.OpenDirectoryAt(".\0"u8);
        if (!opened.Succeeded || _proc.InodeOf(processId, "/exe\0"u8).Error == Errno.ENOENT)
        {
            // One without an address space "shares" it with every kernel thread.
            CloseIfOpen(opened);
            return [];
        }

        var count = 0;
        var directory = new FileDescriptor((int)opened.Value);
        var entries = new ChildDirectories(directory, _entries);
        while (count < MaxSharers && entries.MoveNext())
        {
            if (!Utf8Parser.TryParse(entries.Name, out int other, out var length) || length != entries.Name.Length || other == processId)
            {
                continue;
            }

            var shared = AddressSpaces.AreShared(processId, other);
            _ = _errors.Note(KillCall.Compare, shared.Error.IsGone ? Errno.None : shared.Error);
            if (shared is { Succeeded: true, Value: 1 })
            {
                _found[count++] = other;
            }
            else if (shared.Error == Errno.ENOSYS)
            {
                break;
            }
        }

        directory.Close();
        return _found.AsSpan(0, count);
    }

    /// <summary>True when two processes are in the same cgroup, of every hierarchy.</summary>
    /// <param name="processId">A process.</param>
    /// <param name="otherProcessId">Another.</param>
    public bool AreInOneCgroup(int processId, int otherProcessId)
    {
        var read = _proc.Read(processId, "/cgroup\0"u8, _cgroup);
        var other = _proc.Read(otherProcessId, "/cgroup\0"u8, _otherCgroup);
        return read.Succeeded && other.Succeeded
            && _cgroup.AsSpan(0, (int)read.Value).SequenceEqual(_otherCgroup.AsSpan(0, (int)other.Value));
    }

    private static void CloseIfOpen(SyscallResult opened)
    {
        if (opened.Succeeded)
        {
            new FileDescriptor((int)opened.Value).Close();
        }
    }
}
