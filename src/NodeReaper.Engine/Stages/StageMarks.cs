using NodeReaper.Engine.Assessment;
using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Pressure;
using NodeReaper.Engine.Reporting;

namespace NodeReaper.Engine.Stages;

/// <summary>Where the node and its slices stand against the thresholds of the stages.</summary>
internal sealed class StageMarks(NodePressure node)
{
    /// <summary>Finds a place with less than this: the node first. A slice that is short already is past the stages, and what was done there stays.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="below">The stage's threshold; null: the policy has no such stage.</param>
    /// <param name="stage">Its name.</param>
    /// <param name="isSwapSpent">True for a place where swap cannot help: with swap to spare, little available memory alone is no pressure.</param>
    /// <param name="occasion">The place, and what is missing there.</param>
    /// <param name="container">Only places that this one is in; null: all.</param>
    internal bool TryFind(
        ReapPolicy policy, MemoryAmount? below, string stage, bool isSwapSpent, out Occasion occasion, ContainerCgroup? container = null)
    {
        occasion = default;
        if (below is not { } amount)
        {
            return false;
        }

        if (TryFind(node.Last, policy, amount, stage, isSwapSpent, null, ref occasion))
        {
            return true;
        }

        foreach (var slice in node.Slices.All)
        {
            if (slice is { IsLimited: true } && IsAbove(slice, container)
                && (container is not null || !Occasion.VerdictOn(slice.Last, policy.Pressure, isSlice: true).IsShort)
                && TryFind(slice.Last, policy, amount, stage, isSwapSpent, slice, ref occasion))
            {
                return true;
            }
        }

        return false;
    }

    private static bool TryFind(
        in PressureReading reading, ReapPolicy policy, MemoryAmount below, string stage, bool isSwapSpent, SlicePressure? slice, ref Occasion occasion)
    {
        var limits = LimitsOf(policy, below, reading, slice);
        var missing = limits.RecoverToBytes - reading.Memory.AvailableBytes;
        if (reading.Memory.AvailableBytes >= limits.KillBelowBytes
            || (isSwapSpent && !reading.IsSwapSpent(PressureLimits.Of(policy.Pressure, reading.Memory, slice is not null))))
        {
            return false;
        }

        occasion = new Occasion(reading, limits, new PressureVerdict(stage, Math.Max(1, missing), false), slice);
        return true;
    }

    /// <summary>True when no place is below the mark where the stage is undone.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="below">The stage's threshold.</param>
    /// <param name="container">Only places that this one is in; null: all.</param>
    internal bool IsOver(ReapPolicy policy, MemoryAmount? below, ContainerCgroup? container = null)
    {
        if (below is not { } amount)
        {
            return true;
        }

        var isOver = node.Last.Memory.AvailableBytes >= LimitsOf(policy, amount, node.Last, null).RecoverToBytes;
        foreach (var slice in node.Slices.All)
        {
            isOver &= slice is not { IsLimited: true } || !IsAbove(slice, container)
                || slice.Last.Memory.AvailableBytes >= LimitsOf(policy, amount, slice.Last, slice).RecoverToBytes;
        }

        return isOver;
    }

    private static bool IsAbove(SlicePressure slice, ContainerCgroup? container) => container is null || slice.Holds(container);

    // A stage has as much room between its marks as the kill has.
    private static PressureLimits LimitsOf(ReapPolicy policy, MemoryAmount below, in PressureReading reading, SlicePressure? slice)
    {
        var kill = PressureLimits.Of(policy.Pressure, reading.Memory, slice is not null);
        var mark = PressureLimits.MarkOf(below, reading.Memory, slice is not null);
        var room = Math.Max(1, kill.RecoverToBytes - kill.KillBelowBytes);
        return kill with { KillBelowBytes = mark, RecoverToBytes = Math.Min(reading.Memory.OrdinaryBytes, mark + room) };
    }
}
