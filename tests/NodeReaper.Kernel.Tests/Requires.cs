namespace NodeReaper.Kernel.Tests;

/// <summary>What a test needs of the machine; without it, the test is skipped and says why.</summary>
internal static class Requires
{
    internal static void Root()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            Assert.Skip("needs root: the kernel lets nobody else trace, make cgroups or set priorities");
        }
    }

    internal static void Psi()
    {
        if (!File.Exists("/proc/pressure/memory"))
        {
            Assert.Skip("needs PSI: boot with psi=1");
        }

        try
        {
            _ = File.ReadAllText("/proc/pressure/memory");
        }
        catch (IOException e)
        {
            Assert.Skip($"needs PSI: boot with psi=1 ({e.Message})");
        }
    }

    /// <summary>Where the cgroup v2 hierarchy is mounted.</summary>
    internal static string Cgroup2Mount()
    {
        foreach (var line in File.ReadLines("/proc/mounts"))
        {
            var fields = line.Split(' ');
            if (fields[2] == "cgroup2")
            {
                return fields[1];
            }
        }

        Assert.Skip("needs a cgroup v2 mount: none in /proc/mounts");
        return "";
    }
}
