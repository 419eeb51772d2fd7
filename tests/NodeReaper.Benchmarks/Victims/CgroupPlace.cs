namespace NodeReaper.Benchmarks.Victims;

/// <summary>A cgroup of the benchmark's own in one hierarchy, below which victims get theirs.</summary>
internal sealed class CgroupPlace : IDisposable
{
    private CgroupPlace(string path)
    {
        Path = path;
        _ = Directory.CreateDirectory(path);
    }

    internal string Path { get; }

    /// <summary>In cgroup v2, with what controllers there are passed on.</summary>
    /// <exception cref="IOException">cgroup v2 is not mounted, or nothing may be made there.</exception>
    internal static CgroupPlace InV2()
    {
        var mount = Mounts().Where(words => words[2] == "cgroup2").Select(words => words[1]).FirstOrDefault();
        var place = new CgroupPlace(Own(mount ?? throw new IOException("cgroup v2 is not mounted")));
        foreach (var controller in place.Controllers)
        {
            File.WriteAllText(System.IO.Path.Combine(place.Path, "cgroup.subtree_control"), $"+{controller}");
        }

        return place;
    }

    /// <summary>In the cgroup v1 hierarchy of a controller, below this program's own cgroup; null when there is none.</summary>
    internal static CgroupPlace? InV1(string controller)
    {
        var mount = Mounts().Where(words => words[2] == "cgroup" && words[3].Split(',').Contains(controller)).Select(words => words[1]).FirstOrDefault();
        var own = File.ReadLines("/proc/self/cgroup").Select(line => line.Split(':', 3)).FirstOrDefault(parts => parts[1].Split(',').Contains(controller));
        return mount is null || own is null ? null : new CgroupPlace(Own(mount + own[2].TrimEnd('/')));
    }

    /// <summary>Those of memory and cpu that this hierarchy, of v2, has.</summary>
    internal IEnumerable<string> Controllers =>
        File.ReadAllText(System.IO.Path.Combine(Path, "cgroup.controllers")).Split([' ', '\n']).Where(name => name is "memory" or "cpu");

    public void Dispose() => Remove(Path);

    /// <summary>Removes a cgroup, which stays busy until the kernel is done with its last process.</summary>
    internal static void Remove(string path)
    {
        for (var attempt = 0; Directory.Exists(path); attempt++)
        {
            try
            {
                Directory.Delete(path);
            }
            catch (IOException) when (attempt < 2000)
            {
                Thread.Sleep(5);
            }
        }
    }

    private static IEnumerable<string[]> Mounts() => File.ReadLines("/proc/mounts").Select(line => line.Split(' '));

    private static string Own(string parent) => System.IO.Path.Combine(parent, $"nodereaper-bench-{Environment.ProcessId}");
}
