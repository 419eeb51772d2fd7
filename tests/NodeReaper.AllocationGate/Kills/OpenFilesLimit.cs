using System.Runtime.InteropServices;

namespace NodeReaper.AllocationGate.Kills;

/// <summary>Lets this program open only so many files more, until it is disposed of (setrlimit(2), RLIMIT_NOFILE).</summary>
internal sealed unsafe partial class OpenFilesLimit : IDisposable
{
    private const int OpenFiles = 7;
    private readonly Limit _before;

    /// <summary>Sets the limit.</summary>
    /// <param name="room">How many more.</param>
    internal OpenFilesLimit(int room)
    {
        Limit before;
        Check(GetLimit(OpenFiles, &before));
        _before = before;
        var wanted = before with { Soft = NumberAfterFree(room) };
        Check(SetLimit(OpenFiles, &wanted));
    }

    public void Dispose()
    {
        var before = _before;
        Check(SetLimit(OpenFiles, &before));
    }

    // The limit is of the highest number, and numbers below it may be free.
    private static ulong NumberAfterFree(int count)
    {
        var open = Directory.GetFileSystemEntries("/proc/self/fd").Select(Path.GetFileName).ToHashSet();
        ulong number = 0;
        for (var free = 0; free < count; number++)
        {
            free += open.Contains($"{number}") ? 0 : 1;
        }

        return number;
    }

    private static void Check(int result)
    {
        if (result != 0)
        {
            throw new IOException("RLIMIT_NOFILE cannot be set");
        }
    }

    [LibraryImport("libc.so.6", EntryPoint = "getrlimit")]
    private static partial int GetLimit(int resource, Limit* limit);

    [LibraryImport("libc.so.6", EntryPoint = "setrlimit")]
    private static partial int SetLimit(int resource, Limit* limit);

    private record struct Limit(ulong Soft, ulong Hard);
}
