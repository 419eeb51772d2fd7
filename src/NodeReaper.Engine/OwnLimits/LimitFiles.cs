using NodeReaper.Kernel.Cgroups;
using NodeReaper.Kernel.Pressure;
using NodeReaper.Kernel.Text;

namespace NodeReaper.Engine.OwnLimits;

/// <summary>Reads how often a cgroup met a limit, and how long it waited. What does not read counts as nothing; nothing is allocated.</summary>
internal static class LimitFiles
{
    internal static long TimesAtLimit(CgroupDirectory cgroup) => cgroup.TryReadEvents("memory.events\0"u8, out var events) ? events.TimesAtLimit : 0;

    /// <summary>The own limit of a container's Pod alone: what is met below or above it is counted there.</summary>
    internal static long TimesAtPodLimit(CgroupDirectory container) =>
        container.TryReadEvents("../memory.events.local\0"u8, out var events) ? events.TimesAtLimit : 0;

    internal static bool TryReadStall(CgroupDirectory cgroup, out PressureStall stall)
    {
        Span<byte> text = stackalloc byte[512];
        stall = default;
        var read = cgroup.ReadFile("memory.pressure\0"u8, text);
        return read.Succeeded && PressureStall.Parse(text[..(int)read.Value], out stall) == ParseOutcome.Ok;
    }

    /// <summary>For how long some task of it has waited for memory, in microseconds.</summary>
    internal static long StalledMicroseconds(CgroupDirectory cgroup) => TryReadStall(cgroup, out var stall) ? stall.SomeTotalMicroseconds : 0;
}
