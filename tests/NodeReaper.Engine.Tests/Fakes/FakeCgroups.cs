using NodeReaper.Kernel.Cgroups;
using NodeReaper.Kernel.Syscalls;

namespace NodeReaper.Engine.Tests.Fakes;

/// <summary>
/// A directory that looks like a cgroup v2 mount to whoever reads it, in the temporary directory. There is no
/// cgroup.kill in it, and nothing in it ever changes by itself.
/// </summary>
internal sealed class FakeCgroups : IDisposable
{
    internal string Root { get; } = Directory.CreateTempSubdirectory("nodereaper-cgroups-").FullName;

    /// <summary>Makes a cgroup without any file.</summary>
    internal string AddEmpty(string path) => Directory.CreateDirectory(Path.Combine(Root, path)).FullName;

    /// <summary>Makes a container's cgroup.</summary>
    internal string Add(string path, long anonBytes = 64L << 20, long swapBytes = 0, params int[] processIds)
    {
        var directory = AddEmpty(path);
        SetMemory(path, anonBytes, swapBytes);
        File.WriteAllText(Path.Combine(directory, "cgroup.procs"), string.Concat(processIds.Select(id => $"{id}\n")));
        return directory;
    }

    /// <summary>Sets what its memory consists of: besides what is given, page cache, shared memory and, if there is anything to map, page tables.</summary>
    internal void SetMemory(string path, long anonBytes, long swapBytes = 0)
    {
        const long file = 10 << 20, shmem = 3 << 20;
        var pageTables = anonBytes == 0 ? 0 : 1 << 20;
        Write(path, "memory.current", $"{anonBytes + file + pageTables}\n");
        Write(path, "memory.swap.current", $"{swapBytes}\n");
        Write(
            path,
            "memory.stat",
            $"anon {anonBytes}\nfile {file}\nkernel {pageTables}\nkernel_stack 16384\npagetables {pageTables}\npercpu 0\n"
            + $"shmem {shmem}\ninactive_anon {shmem}\nactive_anon {anonBytes}\ninactive_file {file - shmem}\nactive_file 0\nunevictable 0\nanon_thp 0\n");
    }

    internal void Write(string path, string file, string content) => File.WriteAllText(Path.Combine(Root, path, file), content);

    internal void Remove(string path) => Directory.Delete(Path.Combine(Root, path), recursive: true);

    internal CgroupDirectory Open(string path)
    {
        var cgroup = CgroupDirectory.Open(Path.Combine(Root, path), out var error);
        Assert.Equal(Errno.None, error);
        return cgroup;
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}
