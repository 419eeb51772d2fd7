using NodeReaper.Engine.Candidates;
using NodeReaper.Kernel.Cgroups;
using NodeReaper.Kernel.Syscalls;

namespace NodeReaper.Benchmarks.Victims;

/// <summary>The cgroup of one victim, in each hierarchy that is needed.</summary>
internal sealed class VictimGroup : IDisposable
{
    private readonly CgroupPlaces _places;
    private readonly string _v2;
    private readonly string? _v1Memory;
    private readonly string? _v1Cpu;

    /// <summary>Makes it.</summary>
    /// <param name="places">Where.</param>
    /// <param name="name">Its name.</param>
    /// <param name="isCpuLimited">A cgroup of a v1 cpu controller, too: only for a quota, because it has a weight of its own.</param>
    internal VictimGroup(CgroupPlaces places, string name, bool isCpuLimited = false)
    {
        _places = places;
        _v2 = Make(places.V2, name)!;
        _v1Memory = Make(places.V1Memory, name);
        _v1Cpu = isCpuLimited ? Make(places.V1Cpu, name) : null;
        Directory = CgroupDirectory.Open(_v2, out _);
        Charge = places.HasV2Memory
            ? new MemoryCharge(_v2, "memory.current", "memory.swap.current")
            : new MemoryCharge(_v1Memory!, "memory.usage_in_bytes");
        Events = FileDescriptor.OpenRead(Path.Combine(_v2, "cgroup.events"), out _);
    }

    /// <summary>What a contender gets.</summary>
    internal CgroupDirectory Directory { get; }

    /// <summary>What is charged to it.</summary>
    internal MemoryCharge Charge { get; }

    /// <summary>Its cgroup.events.</summary>
    internal FileDescriptor Events { get; }

    /// <summary>The options that make a victim join.</summary>
    internal IEnumerable<string> JoinOptions =>
        new[] { _v2, _v1Memory, _v1Cpu }.OfType<string>().SelectMany(directory => new[] { "--cgroup", directory });

    /// <summary>Lets it use so much of one CPU.</summary>
    /// <param name="percent">In percent.</param>
    internal void LimitCpu(int percent)
    {
        if (_places.HasV2Cpu)
        {
            File.WriteAllText(Path.Combine(_v2, "cpu.max"), $"{percent * 1000} 100000");
        }
        else
        {
            File.WriteAllText(Path.Combine(_v1Cpu!, "cpu.cfs_quota_us"), $"{percent * 1000}");
        }
    }

    /// <summary>Gives it the weight of a nice value, where it has a weight: beside other cgroups, only that counts.</summary>
    /// <param name="nice">The nice value.</param>
    internal void SetNice(int nice)
    {
        if (_places.HasV2Cpu)
        {
            File.WriteAllText(Path.Combine(_v2, "cpu.weight.nice"), $"{nice}");
        }
    }

    /// <summary>Has the kernel reclaim so much of it.</summary>
    /// <param name="bytes">In bytes.</param>
    /// <exception cref="IOException">The kernel could not reclaim that much.</exception>
    internal void Reclaim(long bytes) => File.WriteAllText(Path.Combine(_v2, "memory.reclaim"), $"{bytes}");

    /// <summary>What whoever decides has read of it before; where v2 has no memory controller, just the charge.</summary>
    internal MemoryUse ReadUse() =>
        _places.HasV2Memory && new MemoryUseReader().Read(Directory, out var use).IsNone ? use : MemoryUse.OfResident(Charge.Read());

    /// <summary>Kills who is left, and takes the cgroups away.</summary>
    public void Dispose()
    {
        _ = Directory.Kill();
        Directory.Close();
        Charge.Dispose();
        Events.Close();
        foreach (var directory in new[] { _v1Cpu, _v1Memory, _v2 }.OfType<string>())
        {
            CgroupPlace.Remove(directory);
        }
    }

    private static string? Make(CgroupPlace? place, string name) =>
        place is null ? null : System.IO.Directory.CreateDirectory(Path.Combine(place.Path, name)).FullName;
}
