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

    /// <summary>True when root here may do what the kernel keeps for a root with all capabilities (capability.h).</summary>
    /// <param name="number">Such as 24 for CAP_SYS_RESOURCE.</param>
    internal static bool HasCapability(int number)
    {
        var line = File.ReadLines("/proc/self/status").Single(line => line.StartsWith("CapEff:", StringComparison.Ordinal));
        return (Convert.ToUInt64(line["CapEff:".Length..].Trim(), 16) >> number & 1) != 0;
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

    /// <summary>What tests/victims/inject.c is made of.</summary>
    internal static void UserNotification()
    {
        const string actions = "/proc/sys/kernel/seccomp/actions_avail";
        if (!File.Exists(actions) || !File.ReadAllText(actions).Contains("user_notif", StringComparison.Ordinal))
        {
            Assert.Skip("needs seccomp user notification: Linux 5.5 with CONFIG_SECCOMP_FILTER");
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
