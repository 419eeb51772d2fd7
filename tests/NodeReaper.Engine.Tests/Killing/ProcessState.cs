using System.Globalization;

namespace NodeReaper.Engine.Tests.Killing;

/// <summary>What /proc tells of a process that was or was not killed.</summary>
internal static class ProcessState
{
    /// <summary>True while it has not exited; a zombie has.</summary>
    internal static bool IsAlive(int processId) => Fields(processId) is { } state && state is not ('Z' or 'X');

    /// <summary>Fails the test unless it is alive and none of its threads is stopped or traced.</summary>
    internal static void AssertUntouched(int processId)
    {
        Assert.True(IsAlive(processId), $"process {processId} is dead");
        foreach (var thread in Directory.GetDirectories($"/proc/{processId}/task"))
        {
            var status = File.ReadAllLines($"{thread}/status");
            Assert.Contains("TracerPid:\t0", status);
            Assert.DoesNotContain(status, line => line.StartsWith("State:\tT", StringComparison.OrdinalIgnoreCase));
        }
    }

    /// <summary>True while any of its threads is traced.</summary>
    internal static bool IsTraced(int processId)
    {
        try
        {
            return Directory.GetDirectories($"/proc/{processId}/task")
                .Any(thread => !File.ReadAllText($"{thread}/status").Contains("TracerPid:\t0\n", StringComparison.Ordinal));
        }
        catch (IOException)
        {
            return false;
        }
    }

    internal static int[] Children(int processId) => [.. File.ReadAllText($"/proc/{processId}/task/{processId}/children")
        .Split(' ', StringSplitOptions.RemoveEmptyEntries)
        .Select(id => int.Parse(id, CultureInfo.InvariantCulture))];

    private static char? Fields(int processId)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{processId}/stat");
            return stat[stat.LastIndexOf(')') + 2];
        }
        catch (IOException)
        {
            return null;
        }
    }
}
