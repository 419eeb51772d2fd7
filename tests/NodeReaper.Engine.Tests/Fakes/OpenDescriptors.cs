namespace NodeReaper.Engine.Tests.Fakes;

/// <summary>Counts the open descriptors of this process, but for those that the runtime opens in its own time.</summary>
internal static class OpenDescriptors
{
    /// <summary>Those that lead to a path or below it.</summary>
    internal static int Below(string path) => Targets().Count(target => target.StartsWith(path, StringComparison.Ordinal));

    /// <summary>Those that a kill opens: processes, and files of cgroups and of /proc/PID.</summary>
    internal static int OfKills(string cgroupPath) => Targets().Count(target =>
        target.Contains("pidfd", StringComparison.Ordinal)
        || target.StartsWith(cgroupPath, StringComparison.Ordinal)
        || (target.StartsWith("/proc/", StringComparison.Ordinal) && char.IsAsciiDigit(target[6])
            && !target.StartsWith($"/proc/{Environment.ProcessId}/", StringComparison.Ordinal)));

    private static IEnumerable<string> Targets() => Directory.GetFileSystemEntries("/proc/self/fd")
        .Select(Target);

    private static string Target(string path)
    {
        try
        {
            return File.ResolveLinkTarget(path, returnFinalTarget: false)?.ToString() ?? "";
        }
        catch (FileNotFoundException)
        {
            // The one that listed them.
            return "";
        }
    }
}
