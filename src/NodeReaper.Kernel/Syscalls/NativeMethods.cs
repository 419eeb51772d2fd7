using System.Runtime.InteropServices;

namespace NodeReaper.Kernel.Syscalls;

/// <summary>The libc functions that Tmds.LibC lacks, or binds without keeping errno (poll).</summary>
internal static unsafe partial class NativeMethods
{
    private const string LibC = "libc.so.6";

    [LibraryImport(LibC, EntryPoint = "ptrace", SetLastError = true)]
    internal static partial nint Ptrace(nint request, int threadId, nint address, nint data);

    [LibraryImport(LibC, EntryPoint = "waitpid", SetLastError = true)]
    internal static partial int WaitPid(int processId, int* status, int options);

    [LibraryImport(LibC, EntryPoint = "poll", SetLastError = true)]
    internal static partial int Poll(PollRequest* requests, nuint count, int timeoutMilliseconds);

    [LibraryImport(LibC, EntryPoint = "getdents64", SetLastError = true)]
    internal static partial nint GetDirectoryEntries(int descriptor, byte* buffer, nuint length);

    [LibraryImport(LibC, EntryPoint = "sched_setscheduler", SetLastError = true)]
    internal static partial int SetScheduler(int threadId, int policy, int* priority);

    [LibraryImport(LibC, EntryPoint = "setpriority", SetLastError = true)]
    internal static partial int SetPriority(int which, uint who, int nice);

    [LibraryImport(LibC, EntryPoint = "prlimit", SetLastError = true)]
    internal static partial int ProcessLimit(int processId, int resource, ResourceLimit* wanted, ResourceLimit* found);

    [LibraryImport(LibC, EntryPoint = "clock_nanosleep")]
    internal static partial int ClockNanosleep(int clock, int flags, TimeSpecification* request, TimeSpecification* remaining);

    [LibraryImport(LibC, EntryPoint = "fgetxattr", SetLastError = true)]
    internal static partial nint GetAttribute(int descriptor, byte* name, byte* value, nuint length);

    [LibraryImport(LibC, EntryPoint = "fsetxattr", SetLastError = true)]
    internal static partial int SetAttribute(int descriptor, byte* name, byte* value, nuint length, int flags);

    [LibraryImport(LibC, EntryPoint = "fremovexattr", SetLastError = true)]
    internal static partial int RemoveAttribute(int descriptor, byte* name);

    [LibraryImport(LibC, EntryPoint = "prctl", SetLastError = true)]
    internal static partial int Prctl(int option, nuint argument2, nuint argument3, nuint argument4, nuint argument5);
}

/// <summary>struct pollfd of poll(2).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PollRequest
{
    internal int Descriptor;
    internal short Events;
    internal short Returned;
}

/// <summary>struct rlimit of a 64-bit libc.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct ResourceLimit
{
    internal ulong Soft;
    internal ulong Hard;
}

/// <summary>struct timespec of a 64-bit libc.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TimeSpecification
{
    internal long Seconds;
    internal long Nanoseconds;
}
