using System.Diagnostics;
using NodeReaper.Kernel.Cgroups;
using NodeReaper.Kernel.Processes;
using NodeReaper.Kernel.Syscalls;
using NodeReaper.Kernel.Tests;

namespace NodeReaper.Engine.Tests.Killing;

/// <summary>A real cgroup of the test's own; at the end, whoever is left in it is killed, and it is removed.</summary>
internal sealed class TestCgroup : IDisposable
{
    private static int s_count;

    private TestCgroup(string path)
    {
        Path = path;
        _ = System.IO.Directory.CreateDirectory(path);
        Directory = CgroupDirectory.Open(path, out var error);
        Assert.Equal(Errno.None, error);
    }

    internal string Path { get; }

    internal CgroupDirectory Directory { get; }

    /// <summary>Makes one; skips the test without root or cgroup v2.</summary>
    internal static TestCgroup Make()
    {
        Requires.Root();
        return new TestCgroup($"{Requires.Cgroup2Mount()}/nodereaper-test-{Environment.ProcessId}-{s_count++}");
    }

    internal string Nested(string name) => System.IO.Directory.CreateDirectory(System.IO.Path.Combine(Path, name)).FullName;

    /// <summary>All live processes in it and below it.</summary>
    internal int[] ProcessIds()
    {
        var processes = new CgroupProcesses(4096);
        Assert.Equal(Errno.None, processes.Read(Directory));
        return processes.Ids.ToArray();
    }

    internal void Move(int processId) => File.WriteAllText($"{Path}/cgroup.procs", $"{processId}");

    /// <summary>Kills whoever is in it, each process by itself, too: cgroup.kill passes over one whose first thread has ended.</summary>
    internal void KillAll()
    {
        if (!System.IO.Directory.Exists(Path))
        {
            return;
        }

        File.WriteAllText($"{Path}/cgroup.kill", "1");
        foreach (var processId in ProcessIds())
        {
            var opened = Pidfd.Open(processId);
            if (opened.Succeeded)
            {
                var process = new Pidfd(new FileDescriptor((int)opened.Value));
                _ = process.Kill();
                process.Close();
            }
        }
    }

    public void Dispose()
    {
        KillAll();
        Directory.Close();
        var clock = Stopwatch.StartNew();
        while (System.IO.Directory.Exists(Path) && !TryRemove() && clock.ElapsedMilliseconds < Eventually.TimeoutMilliseconds)
        {
            Thread.Sleep(1);
        }
    }

    private bool TryRemove()
    {
        try
        {
            // The files of a cgroup cannot be deleted, and need not be.
            foreach (var below in System.IO.Directory.GetDirectories(Path, "*", SearchOption.AllDirectories).OrderByDescending(path => path.Length))
            {
                System.IO.Directory.Delete(below);
            }

            System.IO.Directory.Delete(Path);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }
}
