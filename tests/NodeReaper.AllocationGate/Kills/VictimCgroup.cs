using NodeReaper.Engine.Killing;
using NodeReaper.Kernel.Cgroups;
using NodeReaper.Kernel.Processes;

namespace NodeReaper.AllocationGate.Kills;

/// <summary>A real cgroup with the victims that were started in it. Both are gone at the end.</summary>
internal sealed class VictimCgroup : IDisposable
{
    private const int StartMilliseconds = 60_000;
    private readonly List<ChildProcess> _victims = [];
    private readonly List<string> _fakes = [];
    private readonly List<CgroupDirectory> _opened = [];

    internal VictimCgroup(string path)
    {
        Path = path;
        _ = Directory.CreateDirectory(path);
        Target = KillTarget.Of(Open(path));
    }

    internal string Path { get; }

    /// <summary>All that is in it.</summary>
    internal KillTarget Target { get; }

    /// <summary>Starts a victim and waits until all its memory is touched.</summary>
    /// <param name="shape">What tests/victims/victim is told.</param>
    /// <returns>Its process ID.</returns>
    internal int Start(string shape)
    {
        var victim = ChildProcess.Start(
            Place.Of("victim"), ["--cgroup", Path, "--die-with-parent", .. shape.Split(' ', StringSplitOptions.RemoveEmptyEntries)]);
        _victims.Add(victim);
        return victim.WaitForLine("ready\n"u8, StartMilliseconds) ? victim.Id : throw new IOException($"the victim did not get ready: {shape}");
    }

    /// <summary>
    /// A directory that lists the same processes, as that of another kernel: it has only those files of the cgroup, and
    /// those that are given.
    /// </summary>
    internal KillTarget As(string[] files, params (string Name, string Content)[] given)
    {
        var fake = Directory.CreateTempSubdirectory("nodereaper-gate-").FullName;
        _fakes.Add(fake);
        foreach (var file in files)
        {
            File.CreateSymbolicLink(System.IO.Path.Combine(fake, file), System.IO.Path.Combine(Path, file));
        }

        foreach (var (name, content) in given)
        {
            File.WriteAllText(System.IO.Path.Combine(fake, name), content);
        }

        return KillTarget.Of(Open(fake));
    }

    /// <summary>Removes it while it is still open.</summary>
    internal void Remove() => Directory.Delete(Path);

    public void Dispose()
    {
        // Not by their pidfds: under inject, those may not kill.
        if (Directory.Exists(Path))
        {
            File.WriteAllText(System.IO.Path.Combine(Path, "cgroup.kill"), "1");
        }

        _victims.ForEach(victim => victim.Dispose());
        _opened.ForEach(cgroup => cgroup.Close());
        _fakes.ForEach(fake => Directory.Delete(fake, recursive: true));

        // The cgroup stays busy until the kernel is done with its last zombie.
        for (var attempt = 0; Directory.Exists(Path); attempt++)
        {
            try
            {
                Directory.Delete(Path);
            }
            catch (IOException) when (attempt < 5000)
            {
                Thread.Sleep(1);
            }
        }
    }

    private CgroupDirectory Open(string path)
    {
        var cgroup = CgroupDirectory.Open(path, out var error);
        _opened.Add(cgroup);
        return cgroup.IsOpen ? cgroup : throw new IOException($"{path}: {error}");
    }
}
