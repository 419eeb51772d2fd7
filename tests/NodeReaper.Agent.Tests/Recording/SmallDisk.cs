using System.Diagnostics;

namespace NodeReaper.Agent.Tests.Recording;

/// <summary>A tmpfs that is soon full.</summary>
internal sealed class SmallDisk : IDisposable
{
    internal SmallDisk(string path, string size)
    {
        Path = Directory.CreateDirectory(path).FullName;
        Assert.SkipUnless(Run("mount", "-t", "tmpfs", "-o", $"size={size}", "tmpfs", Path) == 0, "a tmpfs cannot be mounted here");
    }

    internal string Path { get; }

    public void Dispose() => Run("umount", Path);

    private static int Run(string command, params string[] arguments)
    {
        using var process = Process.Start(command, arguments);
        process.WaitForExit();
        return process.ExitCode;
    }
}
