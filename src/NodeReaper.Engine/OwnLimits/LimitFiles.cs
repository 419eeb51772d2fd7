using NodeReaper.Engine.Candidates;
using NodeReaper.Kernel.Cgroups;
using NodeReaper.Kernel.Pressure;
using NodeReaper.Kernel.Text;

namespace NodeReaper.Engine.OwnLimits;

/// <summary>Reads how often a container met a limit, and how long it waited. What does not read counts as nothing; nothing is allocated.</summary>
internal sealed class LimitFiles
{
    private readonly byte[] _text = new byte[512];

    internal long TimesAtLimit(ContainerCgroup container) => TimesAtLimit(container, "memory.events\0"u8);

    /// <summary>The Pod's own limit alone: what is met below or above it is counted there.</summary>
    internal long TimesAtPodLimit(ContainerCgroup container) => TimesAtLimit(container, "../memory.events.local\0"u8);

    internal bool TryReadStall(ContainerCgroup container, out PressureStall stall)
    {
        stall = default;
        var read = container.Directory.ReadFile("memory.pressure\0"u8, _text);
        return read.Succeeded && PressureStall.Parse(_text.AsSpan(0, (int)read.Value), out stall) == ParseOutcome.Ok;
    }

    private long TimesAtLimit(ContainerCgroup container, ReadOnlySpan<byte> nullTerminatedName)
    {
        var read = container.Directory.ReadFile(nullTerminatedName, _text);
        return read.Succeeded && MemoryEvents.Parse(_text.AsSpan(0, (int)read.Value), out var events) == ParseOutcome.Ok ? events.TimesAtLimit : 0;
    }
}
