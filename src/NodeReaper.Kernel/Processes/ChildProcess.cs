using System.Runtime.InteropServices;
using NodeReaper.Kernel.Syscalls;
using static NodeReaper.Kernel.Syscalls.KernelConstants;

namespace NodeReaper.Kernel.Processes;

/// <summary>
/// A child of this program with its standard input and output in pipes (posix_spawn(3)). Not
/// <see cref="System.Diagnostics.Process"/>: that waits for its children behind everybody's back, takes the stop of one that
/// is held for its end, and ends the whole program when somebody else has collected one.
/// </summary>
public sealed unsafe partial class ChildProcess : IDisposable
{
    // posix_spawnattr_t has 336 bytes and posix_spawn_file_actions_t has 80 in glibc on 64 bits.
    private const int OpaqueLength = 512;
    private readonly FileDescriptor _input;
    private readonly Pidfd _pidfd;
    private bool _isCollected;

    private ChildProcess(int id, FileDescriptor input, FileDescriptor output)
    {
        Id = id;

        // By ID, Dispose could kill a stranger: a tracer may collect the child, and its ID goes to another.
        var opened = Pidfd.Open(id);
        _pidfd = opened.Succeeded ? new Pidfd(new FileDescriptor((int)opened.Value)) : Pidfd.None;
        _input = input;
        Output = output;
    }

    /// <summary>Its process ID: no other process's until it is collected, by <see cref="Dispose"/> or by a tracer.</summary>
    public int Id { get; }

    /// <summary>The end of its standard output to read from.</summary>
    public FileDescriptor Output { get; }

    /// <summary>Starts a program, with an empty environment.</summary>
    /// <param name="path">The program.</param>
    /// <param name="arguments">Its arguments, its own name not among them.</param>
    /// <exception cref="IOException">It could not be started (ENOENT, EACCES, ENOMEM, EMFILE …).</exception>
    public static ChildProcess Start(string path, params ReadOnlySpan<string> arguments)
    {
        var (inputRead, inputWrite) = MakePipe();
        var (outputRead, outputWrite) = MakePipe();
        byte* actions = stackalloc byte[OpaqueLength];
        _ = ActionsInit(actions);
        _ = ActionsAddDuplicate(actions, inputRead.Number, 0);
        _ = ActionsAddDuplicate(actions, outputWrite.Number, 1);
        var words = stackalloc nint[arguments.Length + 2];
        words[0] = Marshal.StringToCoTaskMemUTF8(path);
        for (var i = 0; i < arguments.Length; i++)
        {
            words[i + 1] = Marshal.StringToCoTaskMemUTF8(arguments[i]);
        }

        words[arguments.Length + 1] = 0;
        nint noEnvironment = 0;
        int processId;
        var error = new Errno(PosixSpawn(&processId, words[0], actions, null, words, &noEnvironment));
        for (var i = 0; i <= arguments.Length; i++)
        {
            Marshal.FreeCoTaskMem(words[i]);
        }

        _ = ActionsDestroy(actions);
        inputRead.Close();
        outputWrite.Close();
        if (error.IsNone)
        {
            return new ChildProcess(processId, inputWrite, outputRead);
        }

        inputWrite.Close();
        outputRead.Close();
        throw new IOException($"cannot start {path}: {error}");
    }

    /// <summary>Reads what it writes until there is a whole line, or the time is up, or it ends.</summary>
    /// <param name="line">The line that is waited for, with its newline.</param>
    /// <param name="timeoutMilliseconds">How long, in milliseconds.</param>
    /// <returns>True when it wrote just that.</returns>
    public bool WaitForLine(ReadOnlySpan<byte> line, int timeoutMilliseconds)
    {
        Span<byte> said = stackalloc byte[256];
        var length = 0;
        var end = Environment.TickCount64 + timeoutMilliseconds;
        while (length < line.Length)
        {
            var request = new PollRequest { Descriptor = Output.Number, Events = POLLIN };
            if (Environment.TickCount64 > end)
            {
                return false;
            }

            // A signal ends this early; then there is just nothing yet.
            if (NativeMethods.Poll(&request, 1, (int)Math.Max(0, end - Environment.TickCount64)) <= 0)
            {
                continue;
            }

            var read = Output.Read(said[length..line.Length]);
            if (!read.Succeeded || read.Value == 0)
            {
                return false;
            }

            length += (int)read.Value;
        }

        return said[..length].SequenceEqual(line);
    }

    /// <summary>
    /// Kills it if it lives, and takes it out of the process table. Whoever held it must have let go. If a tracer has
    /// collected it already, there is nothing left to do.
    /// </summary>
    public void Dispose()
    {
        if (_isCollected)
        {
            return;
        }

        _isCollected = true;
        _input.Close();
        Output.Close();
        _ = _pidfd.Kill();
        _pidfd.Close();
        int status;
        while (NativeMethods.WaitPid(Id, &status, __WALL) == -1 && Marshal.GetLastPInvokeError() == Errno.EINTR.Value)
        {
        }
    }

    private static (FileDescriptor Read, FileDescriptor Write) MakePipe()
    {
        var ends = stackalloc int[2];
        var made = SyscallResult.FromLibc(Pipe(ends, O_CLOEXEC));
        return made.Succeeded ? (new FileDescriptor(ends[0]), new FileDescriptor(ends[1])) : throw new IOException($"pipe2 failed: {made.Error}");
    }

    [LibraryImport("libc.so.6", EntryPoint = "pipe2", SetLastError = true)]
    private static partial int Pipe(int* ends, int flags);

    [LibraryImport("libc.so.6", EntryPoint = "posix_spawn_file_actions_init")]
    private static partial int ActionsInit(byte* actions);

    [LibraryImport("libc.so.6", EntryPoint = "posix_spawn_file_actions_adddup2")]
    private static partial int ActionsAddDuplicate(byte* actions, int from, int to);

    [LibraryImport("libc.so.6", EntryPoint = "posix_spawn_file_actions_destroy")]
    private static partial int ActionsDestroy(byte* actions);

    [LibraryImport("libc.so.6", EntryPoint = "posix_spawn")]
    private static partial int PosixSpawn(int* processId, nint path, byte* actions, byte* attributes, nint* words, nint* environment);
}
