using System.Buffers.Text;
using NodeReaper.Kernel.Syscalls;

namespace NodeReaper.Kernel.Procfs;

/// <summary>
/// Reads files of /proc/PID. Those that take a reference to the process's memory (statm, stat, status, maps, cmdline …)
/// keep it from being freed for as long as the reader is in them: only <see cref="Statm"/>, <see cref="AnonymousPages"/> and <see cref="Parent"/> here do.
/// </summary>
/// <param name="Root">The proc file system's directory.</param>
public readonly record struct ProcessFiles(FileDescriptor Root)
{
    private const int MaxPathLength = 64;

    /// <summary>Reads the name of the process (/proc/PID/comm), without its newline. The value is its length, up to 63 bytes.</summary>
    /// <param name="processId">The process.</param>
    /// <param name="buffer">At least 64 bytes.</param>
    public SyscallResult Name(int processId, Span<byte> buffer)
    {
        var read = Read(processId, "/comm\0"u8, buffer);
        return read is { Succeeded: true, Value: > 0 } && buffer[(int)read.Value - 1] == (byte)'\n'
            ? SyscallResult.Of(read.Value - 1)
            : read;
    }

    /// <summary>Reads what the OOM killer adds to the process's score (/proc/PID/oom_score_adj). The value is -1000 to 1000.</summary>
    /// <param name="processId">The process.</param>
    public SyscallResult OomScoreAdjustment(int processId) => ReadScore(processId, "/oom_score_adj\0"u8);

    /// <summary>
    /// Reads the OOM killer's score (/proc/PID/oom_score): within a container, it orders processes by size. Takes the
    /// task lock only, so it is safe to read while a kill is near.
    /// </summary>
    /// <param name="processId">The process.</param>
    public SyscallResult OomScore(int processId) => ReadScore(processId, "/oom_score\0"u8);

    /// <summary>Reads the resident set (/proc/PID/statm). The value is in pages. Takes a reference to the memory: not while it should be freed.</summary>
    /// <param name="processId">The process.</param>
    public SyscallResult Statm(int processId) => ReadStatm(processId, isAnonymous: false);

    /// <summary>
    /// Reads what of the resident set goes with the process's memory: not files, not shared memory (/proc/PID/statm). The value is in
    /// pages. Takes a reference to the memory for a moment: only before the signal.
    /// </summary>
    /// <param name="processId">The process.</param>
    public SyscallResult AnonymousPages(int processId) => ReadStatm(processId, isAnonymous: true);

    /// <summary>
    /// Reads who the process's parent is (/proc/PID/stat, proc_pid_stat(5)). The value is a process ID; 0 when the parent is in another
    /// PID namespace. Takes a reference to the memory for a moment: not for a process that is being killed.
    /// </summary>
    /// <param name="processId">The process.</param>
    public SyscallResult Parent(int processId)
    {
        Span<byte> buffer = stackalloc byte[1024];
        var read = Read(processId, "/stat\0"u8, buffer);
        if (!read.Succeeded)
        {
            return read;
        }

        // The name before it may hold anything but ends with the last bracket: "1234 (name) S 1200 ...".
        var text = buffer[..(int)read.Value];
        var rest = text[(text.LastIndexOf((byte)')') + 1)..];
        return rest.Length > 3 && Utf8Parser.TryParse(rest[3..], out int parent, out _) && parent >= 0
            ? SyscallResult.Of(parent)
            : SyscallResult.Failed(Errno.EINVAL);
    }

    /// <summary>Opens the directory of the process's threads (/proc/PID/task). The value is the descriptor.</summary>
    /// <param name="processId">The process.</param>
    public SyscallResult OpenThreads(int processId)
    {
        Span<byte> path = stackalloc byte[MaxPathLength];
        return Root.OpenDirectoryAt(PathOf(processId, "/task\0"u8, path));
    }

    /// <summary>Reads one file of a process whole: one that the kernel makes in one piece, unlike maps or mountinfo.</summary>
    /// <param name="processId">The process.</param>
    /// <param name="slashNameNull">The file with a slash before it and a zero byte after it, such as <c>"/cgroup\0"u8</c>.</param>
    /// <param name="buffer">Where the content goes.</param>
    public SyscallResult Read(int processId, ReadOnlySpan<byte> slashNameNull, Span<byte> buffer)
    {
        Span<byte> path = stackalloc byte[MaxPathLength];
        var opened = Root.OpenReadAt(PathOf(processId, slashNameNull, path));
        if (!opened.Succeeded)
        {
            return opened;
        }

        var file = new FileDescriptor((int)opened.Value);
        // The kernel makes each of these in one piece, and to ask for more costs a fifth of all that a look at one of a thousand processes costs.
        var read = file.ReadRecord(buffer);
        file.Close();
        return read;
    }

    /// <summary>
    /// Tells whether the process has an executable (/proc/PID/exe), and with it an address space; a kernel thread and a zombie
    /// have none. Only the link is read: following it would ask the executable's file system, which may never answer.
    /// True also when it may not be read (EACCES, for want of CAP_SYS_PTRACE).
    /// </summary>
    /// <param name="processId">The process.</param>
    public bool HasExecutable(int processId)
    {
        Span<byte> path = stackalloc byte[MaxPathLength];
        return !Root.ReadLinkAt(PathOf(processId, "/exe\0"u8, path)).IsGone;
    }

    /// <summary>
    /// The inode number that a link of the process leads to, such as that of its PID namespace (<c>/ns/pid</c>).
    /// EACCES: not allowed (CAP_SYS_PTRACE). Not for links that lead to a tenant's file system, which may never answer.
    /// </summary>
    /// <param name="processId">The process.</param>
    /// <param name="slashNameNull">The link with a slash before it and a zero byte after it.</param>
    public SyscallResult InodeOf(int processId, ReadOnlySpan<byte> slashNameNull)
    {
        Span<byte> path = stackalloc byte[MaxPathLength];
        return Root.InodeAt(PathOf(processId, slashNameNull, path));
    }

    private static ReadOnlySpan<byte> PathOf(int processId, ReadOnlySpan<byte> slashNameNull, Span<byte> path)
    {
        _ = Utf8Formatter.TryFormat(processId, path, out var length);
        slashNameNull.CopyTo(path[length..]);
        return path[..(length + slashNameNull.Length)];
    }

    private SyscallResult ReadStatm(int processId, bool isAnonymous)
    {
        Span<byte> buffer = stackalloc byte[128];
        var read = Read(processId, "/statm\0"u8, buffer);
        if (!read.Succeeded)
        {
            return read;
        }

        var text = buffer[..(int)read.Value];
        var outcome = isAnonymous ? ProcessStatm.ParseAnonymous(text, out var pages) : ProcessStatm.Parse(text, out pages);
        return outcome == Text.ParseOutcome.Ok ? SyscallResult.Of(pages) : SyscallResult.Failed(Errno.EINVAL);
    }

    private SyscallResult ReadScore(int processId, ReadOnlySpan<byte> slashNameNull)
    {
        Span<byte> buffer = stackalloc byte[32];
        var read = Read(processId, slashNameNull, buffer);
        if (!read.Succeeded)
        {
            return read;
        }

        return Procfs.OomScore.Parse(buffer[..(int)read.Value], out var score) == Text.ParseOutcome.Ok
            ? SyscallResult.Of(score)
            : SyscallResult.Failed(Errno.EINVAL);
    }
}
