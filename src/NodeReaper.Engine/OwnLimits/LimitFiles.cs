using NodeReaper.Kernel.Cgroups;
using NodeReaper.Kernel.Pressure;
using NodeReaper.Kernel.Text;

namespace NodeReaper.Engine.OwnLimits;

/// <summary>Reads how often a cgroup met a limit, and how long it waited. What does not read counts as nothing; nothing is allocated.</summary>
internal sealed class LimitFiles
{
    private readonly byte[] _text = new byte[512];

    internal long TimesAtLimit(CgroupDirectory cgroup) => TimesAtLimit(cgroup, "memory.events\0"u8);

    /// <summary>The own limit of a container's Pod alone: what is met below or above it is counted there.</summary>
    internal long TimesAtPodLimit(CgroupDirectory container) => TimesAtLimit(container, "../memory.events.local\0"u8);

    internal bool TryReadStall(CgroupDirectory cgroup, out PressureStall stall)
    {
        stall = default;
        var read = cgroup.ReadFile("memory.pressure\0"u8, _text);
        return read.Succeeded && PressureStall.Parse(_text.AsSpan(0, (int)read.Value), out stall) == ParseOutcome.Ok;
    }

    /// <summary>For how long some task of it has waited for memory, in microseconds.</summary>
    internal long StalledMicroseconds(CgroupDirectory cgroup) => TryReadStall(cgroup, out var stall) ? stall.SomeTotalMicroseconds : 0;

    private long TimesAtLimit(CgroupDirectory cgroup, ReadOnlySpan<byte> nullTerminatedName)
    {
        var read = cgroup.ReadFile(nullTerminatedName, _text);
        return read.Succeeded && MemoryEvents.Parse(_text.AsSpan(0, (int)read.Value), out var events) == ParseOutcome.Ok ? events.TimesAtLimit : 0;
    }
}
