using NodeReaper.Kernel.Tests;

namespace NodeReaper.Engine.Tests.Killing;

/// <summary>Threads of this program that do not get to run, by the freezer of cgroup v1: it is the only one that takes single threads.</summary>
internal sealed class FrozenThreads : IDisposable
{
    private const string Freezer = "/sys/fs/cgroup/freezer";
    private readonly string _namePrefix;
    private readonly string _path;

    internal FrozenThreads(string namePrefix)
    {
        if (!File.Exists($"{Freezer}/tasks"))
        {
            Assert.Skip("needs the freezer of cgroup v1, which freezes single threads");
        }

        _namePrefix = namePrefix;
        _path = Directory.CreateDirectory($"{Freezer}/nodereaper-threads-{Environment.ProcessId}").FullName;
    }

    internal void Freeze()
    {
        foreach (var thread in Directory.GetDirectories("/proc/self/task"))
        {
            if (File.ReadAllText($"{thread}/comm").StartsWith(_namePrefix, StringComparison.Ordinal))
            {
                File.WriteAllText($"{_path}/tasks", Path.GetFileName(thread));
            }
        }

        Assert.NotEqual("", File.ReadAllText($"{_path}/tasks"));
        File.WriteAllText($"{_path}/freezer.state", "FROZEN");
        Eventually.True(() => File.ReadAllText($"{_path}/freezer.state") == "FROZEN\n", "the threads are frozen");
    }

    internal void Thaw() => File.WriteAllText($"{_path}/freezer.state", "THAWED");

    public void Dispose()
    {
        Thaw();
        foreach (var thread in File.ReadAllLines($"{_path}/tasks"))
        {
            File.WriteAllText($"{Freezer}/tasks", thread);
        }

        Directory.Delete(_path);
    }
}
