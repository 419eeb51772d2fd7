using System.Runtime.InteropServices;
using NodeReaper.Kernel.Syscalls;

namespace NodeReaper.Kernel.Tests.Victims;

/// <summary>
/// Starts a process in a group of its own without <see cref="System.Diagnostics.Process"/>, which waits for its
/// children behind the test's back and would take a traced one's stop for its end.
/// </summary>
internal static unsafe partial class Spawn
{
    // posix_spawnattr_t has 336 bytes and posix_spawn_file_actions_t has 80 in glibc on 64 bits.
    private const int OpaqueLength = 512;
    private const short SetProcessGroup = 2;

    /// <summary>Starts the program with its standard output in a pipe.</summary>
    /// <returns>The process ID, and the pipe's end to read from.</returns>
    internal static (int ProcessId, FileDescriptor Output) Start(string path, params string[] options)
    {
        var pipe = stackalloc int[2];
        Check(Pipe(pipe, KernelConstants.O_CLOEXEC), "pipe2");

        byte* attributes = stackalloc byte[OpaqueLength];
        byte* actions = stackalloc byte[OpaqueLength];
        Check(AttributesInit(attributes), "posix_spawnattr_init");
        Check(AttributesSetFlags(attributes, SetProcessGroup), "posix_spawnattr_setflags");
        Check(ActionsInit(actions), "posix_spawn_file_actions_init");
        Check(ActionsAddDuplicate(actions, pipe[1], 1), "posix_spawn_file_actions_adddup2");

        var words = stackalloc nint[options.Length + 2];
        words[0] = Marshal.StringToCoTaskMemUTF8(path);
        for (var i = 0; i < options.Length; i++)
        {
            words[i + 1] = Marshal.StringToCoTaskMemUTF8(options[i]);
        }

        words[options.Length + 1] = 0;
        nint noEnvironment = 0;
        int processId;
        var error = PosixSpawn(&processId, words[0], actions, attributes, words, &noEnvironment);
        for (var i = 0; i <= options.Length; i++)
        {
            Marshal.FreeCoTaskMem(words[i]);
        }

        _ = ActionsDestroy(actions);
        _ = AttributesDestroy(attributes);
        new FileDescriptor(pipe[1]).Close();
        Check(error, $"posix_spawn of {path}");
        return (processId, new FileDescriptor(pipe[0]));
    }

    /// <summary>Kills the group that the process was started in.</summary>
    internal static void KillGroup(int processId) => _ = Kill(-processId, KernelConstants.SIGKILL);

    /// <summary>Takes a child's exit status, and with it the child out of the process table.</summary>
    internal static int Reap(int processId)
    {
        int status;
        while (NativeMethods.WaitPid(processId, &status, KernelConstants.__WALL) == -1)
        {
            Assert.Equal(Errno.EINTR.Value, Marshal.GetLastPInvokeError());
        }

        return status;
    }

    private static void Check(int error, string what) => Assert.True(error == 0, $"{what} failed: {new Errno(error)}");

    [LibraryImport("libc.so.6", EntryPoint = "pipe2")]
    private static partial int Pipe(int* ends, int flags);

    [LibraryImport("libc.so.6", EntryPoint = "kill")]
    private static partial int Kill(int processId, int signal);

    [LibraryImport("libc.so.6", EntryPoint = "posix_spawnattr_init")]
    private static partial int AttributesInit(byte* attributes);

    [LibraryImport("libc.so.6", EntryPoint = "posix_spawnattr_setflags")]
    private static partial int AttributesSetFlags(byte* attributes, short flags);

    [LibraryImport("libc.so.6", EntryPoint = "posix_spawnattr_destroy")]
    private static partial int AttributesDestroy(byte* attributes);

    [LibraryImport("libc.so.6", EntryPoint = "posix_spawn_file_actions_init")]
    private static partial int ActionsInit(byte* actions);

    [LibraryImport("libc.so.6", EntryPoint = "posix_spawn_file_actions_adddup2")]
    private static partial int ActionsAddDuplicate(byte* actions, int from, int to);

    [LibraryImport("libc.so.6", EntryPoint = "posix_spawn_file_actions_destroy")]
    private static partial int ActionsDestroy(byte* actions);

    [LibraryImport("libc.so.6", EntryPoint = "posix_spawn")]
    private static partial int PosixSpawn(int* processId, nint path, byte* actions, byte* attributes, nint* words, nint* environment);
}
