namespace NodeReaper.AllocationGate.Decisions;

/// <summary>A directory that looks like a cgroup v2 mount with kubepods, and a proc with a node that is short of memory.</summary>
internal sealed class FakeKubepods : IDisposable
{
    internal FakeKubepods()
    {
        ProcRoot = Directory.CreateDirectory(Path.Combine(Root, "proc")).FullName;
        CgroupRoot = Directory.CreateDirectory(Path.Combine(Root, "cgroup")).FullName;
        var bestEffort = Directory.CreateDirectory(Path.Combine(CgroupRoot, "kubepods", "besteffort")).FullName;
        foreach (var (name, content) in FakeMemory.Files(100 << 20).Append(("memory.max", "134217728\n")))
        {
            // A slice with a limit of its own, which is short of memory as well.
            File.WriteAllText(Path.Combine(bestEffort, name), content);
        }

        File.WriteAllText(
            Path.Combine(ProcRoot, "meminfo"),
            "MemTotal:        1048576 kB\nMemFree:           10240 kB\nMemAvailable:      20480 kB\nSwapTotal:             0 kB\nSwapFree:              0 kB\n");
        File.WriteAllText(Path.Combine(ProcRoot, "vmstat"), "allocstall_normal 0\npgscan_kswapd 0\npgscan_direct 0\noom_kill 0\n");
    }

    internal string ProcRoot { get; }

    internal string CgroupRoot { get; }

    private string Root { get; } = Directory.CreateTempSubdirectory("nodereaper-gate-").FullName;

    /// <summary>Adds a Pod with one container.</summary>
    internal void Add(string uid, long anonBytes, int processId)
    {
        var directory = Directory.CreateDirectory(ContainerPath(uid)).FullName;
        File.WriteAllText(Path.Combine(directory, "cgroup.procs"), $"{processId}\n");
        WriteMemory(directory, anonBytes);
    }

    /// <summary>Has its container tell whether anybody lives in it; without that, nobody does.</summary>
    internal void SetPopulated(string uid, bool isPopulated) => Write(uid, "cgroup.events", $"populated {(isPopulated ? 1 : 0)}\nfrozen 0\n");

    /// <summary>Its container is dead, and all of its memory back.</summary>
    internal void Empty(string uid)
    {
        SetPopulated(uid, false);
        WriteMemory(ContainerPath(uid), 0);
    }

    /// <summary>Puts another process into its container.</summary>
    internal void SetProcess(string uid, int processId) => Write(uid, "cgroup.procs", $"{processId}\n");

    internal void Remove(string uid) => Directory.Delete(PodPath(uid), recursive: true);

    public void Dispose() => Directory.Delete(Root, recursive: true);

    private static void WriteMemory(string directory, long anonBytes)
    {
        foreach (var (name, content) in FakeMemory.Files(anonBytes))
        {
            File.WriteAllText(Path.Combine(directory, name), content);
        }
    }

    private void Write(string uid, string file, string content) => File.WriteAllText(Path.Combine(ContainerPath(uid), file), content);

    private string ContainerPath(string uid) => Path.Combine(PodPath(uid), new string('a', 64));

    private string PodPath(string uid) => Path.Combine(CgroupRoot, "kubepods", "besteffort", $"pod{uid}");
}
