using NodeReaper.Kernel.Cgroups;
using NodeReaper.Kernel.Syscalls;

namespace NodeReaper.Kernel.Tests.Cgroups;

/// <summary>What a listing of a cgroup and those below it finds, and where it ends. The cgroups are plain directories.</summary>
public sealed class CgroupProcessesTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("nodereaper-listing-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void Each_process_is_listed_once_in_ascending_order_and_the_foreign_ones_are_counted()
    {
        Add("", "30\n4\n30\n0\n");
        Add("below", "7\n0\n");
        var listed = Read(out var error);
        Assert.Equal(Errno.None, error);
        Assert.Equal([4, 7, 30], listed.Ids.ToArray());
        Assert.Equal((2, true), (listed.ForeignCount, listed.IsComplete));
    }

    [Theory]
    [InlineData(1023, true)]
    [InlineData(1024, false)]
    public void So_many_cgroups_are_looked_into_with_the_first(int below, bool isComplete)
    {
        Add("", "");
        for (var i = 0; i < below; i++)
        {
            Add($"{i}", $"{i + 1}\n");
        }

        var listed = Read(out _);
        Assert.Equal((Math.Min(below, 1023), isComplete), (listed.Ids.Length, listed.IsComplete));
    }

    [Theory]
    [InlineData(63, true)]
    [InlineData(64, false)]
    public void So_deep_is_looked(int below, bool isComplete)
    {
        Add("", "");
        Add(string.Join('/', Enumerable.Repeat("d", below)), "5\n");
        for (var depth = 1; depth < below; depth++)
        {
            Add(string.Join('/', Enumerable.Repeat("d", depth)), "");
        }

        var listed = Read(out _);
        Assert.Equal((isComplete ? 1 : 0, isComplete), (listed.Ids.Length, listed.IsComplete));
    }

    [Fact]
    public void More_processes_than_fit_are_not_all_of_them()
    {
        Add("", "1\n2\n3\n");
        var listed = Read(out _, capacity: 2);
        Assert.Equal([1, 2], listed.Ids.ToArray());
        Assert.False(listed.IsComplete);
    }

    [Fact]
    public void A_cgroup_that_is_gone_is_told()
    {
        Read(out var error);
        Assert.Equal(Errno.ENOENT, error);
    }

    private void Add(string path, string processes)
    {
        var directory = Directory.CreateDirectory(Path.Combine(_root, path)).FullName;
        File.WriteAllText(Path.Combine(directory, "cgroup.procs"), processes);
    }

    private CgroupProcesses Read(out Errno error, int capacity = 4096)
    {
        var cgroup = CgroupDirectory.Open(_root, out error);
        Assert.Equal(Errno.None, error);
        var listed = new CgroupProcesses(capacity);
        error = listed.Read(cgroup);
        cgroup.Close();
        return listed;
    }
}
