using NodeReaper.Kernel.Cgroups;
using NodeReaper.Kernel.Syscalls;

namespace NodeReaper.Benchmarks.Victims;

/// <summary>What is charged to a cgroup: the sum of files of one number, held open, so that a look costs one call each.</summary>
internal sealed class MemoryCharge : IDisposable
{
    private readonly FileDescriptor[] _files;

    internal MemoryCharge(string cgroup, params string[] names) =>
        // A kernel without swap has no file for it.
        _files = [.. names.Select(name => FileDescriptor.OpenRead(Path.Combine(cgroup, name), out _)).Where(file => file.IsOpen)];

    /// <summary>The charge in bytes. Allocates nothing.</summary>
    internal long Read()
    {
        Span<byte> text = stackalloc byte[64];
        long sum = 0;
        foreach (var file in _files)
        {
            var read = file.ReadAt(text, 0);
            _ = CgroupValue.Parse(text[..(int)read.Value], out var value);
            sum += value;
        }

        return sum;
    }

    public void Dispose() => Array.ForEach(_files, file => file.Close());
}
