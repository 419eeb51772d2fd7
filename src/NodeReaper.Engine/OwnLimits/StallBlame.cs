using System.Diagnostics;
using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Pressure;
using NodeReaper.Kernel.Pressure;

namespace NodeReaper.Engine.OwnLimits;

/// <summary>
/// Tells whether the stalls of the node, or of a slice at its limit, are its own, or those of containers, and of services beside the Pods, that meet a
/// limit of their own (memory.events: max, high; of the Pod, too). That some task also had to reclaim for the node's sake proves little: a large copy
/// of files does that on a healthy node. So what each has waited (memory.pressure: some) is held against what the place has, over half a second. Nor does
/// kswapd's work count, which the kernel adds to what the node as a whole has waited, and to no cgroup.
/// </summary>
public sealed class StallBlame
{
    private static readonly long s_least = Stopwatch.Frequency / 2;

    // What was begun for an earlier stall says nothing of this one.
    private static readonly long s_most = 3 * Stopwatch.Frequency;
    private long _beganAt;
    private long _judgedIn;
    private long _nodeMicroseconds;

    /// <summary>Whose stalls they are.</summary>
    public enum Verdict
    {
        /// <summary>It is being measured: to be asked again in a moment.</summary>
        Unknown,

        /// <summary>The place's own, or it cannot be told.</summary>
        Place,

        /// <summary>Theirs, who met a limit of their own, or the kernel's alone.</summary>
        OwnLimits,
    }

    /// <summary>What the last verdict rests on; not set where nothing could be measured.</summary>
    public StallEvidence Evidence { get; private set; }

    /// <summary>The container that waited longest then of those that met a limit of their own; null for none.</summary>
    public ContainerCgroup? AtLimit { get; private set; }

    /// <summary>Says whose they are. Allocates nothing.</summary>
    /// <param name="containers">The containers.</param>
    /// <param name="beside">The cgroups beside the Pods.</param>
    /// <param name="node">Gives what the tasks of the node, and of each slice, have waited.</param>
    /// <param name="slice">The slice whose stalls they are; null for the node.</param>
    /// <param name="policy">How much stalling counts.</param>
    /// <param name="round">A number for all places that are asked about at the same time.</param>
    public Verdict Judge(
        ReadOnlySpan<ContainerCgroup> containers, CgroupsBeside beside, NodePressure node, SlicePressure? slice, PressurePolicy policy,
        long round)
    {
        var now = Stopwatch.GetTimestamp();
        (Evidence, AtLimit) = (default, null);
        if (!TryReadStall(node, slice, out var stall))
        {
            return Verdict.Place;
        }

        if (!IsBegun(now, round, policy.SlowestSample))
        {
            return Begin(containers, beside, node, slice, now) ? Verdict.Unknown : Verdict.Place;
        }

        if (now - _beganAt < s_least)
        {
            return Verdict.Unknown;
        }

        _judgedIn = round;
        var time = Stopwatch.GetElapsedTime(_beganAt, now);
        var waited = stall.SomeTotalMicroseconds - (slice?.StalledMicroseconds ?? _nodeMicroseconds);
        var (inCgroups, atLimits) = slice is null ? OfNode(waited, node, beside) : (waited, 0);
        atLimits += OfContainers(containers, slice, out var longest);
        Evidence = new StallEvidence(
            time,
            TimeSpan.FromMicroseconds(waited),
            TimeSpan.FromMicroseconds(inCgroups),
            TimeSpan.FromMicroseconds(atLimits),
            TimeSpan.FromMicroseconds(longest),
            policy.Stall / policy.StallWindow * time);
        return Evidence.IsOfPlace ? Verdict.Place : Verdict.OwnLimits;
    }

    // What the Pods and those beside them have waited, which is no more than the node; and those beside them that met a limit.
    private static (long Waited, long AtLimits) OfNode(long waited, NodePressure node, CgroupsBeside beside)
    {
        var (ofBeside, atLimits) = beside.Stalled();
        var (ofPods, areRead) = (0L, false);
        foreach (var slice in node.Slices.All)
        {
            // A node that has another kubelet in it has more than one.
            if (slice is { Place: StallPlaces.Kubepods })
            {
                areRead = LimitFiles.TryReadStall(slice.Directory, out var own);
                if (!areRead)
                {
                    break;
                }

                ofPods += own.SomeTotalMicroseconds - slice.StalledMicroseconds;
            }
        }

        return (areRead ? Math.Min(waited, ofPods + ofBeside) : waited, atLimits);
    }

    // One measurement serves all places that are asked about in the same round, and no later one.
    private bool IsBegun(long now, long round, TimeSpan slowestSample) =>
        _beganAt > 0
        && now - _beganAt <= Math.Max(s_most, (long)(2 * slowestSample.TotalSeconds * Stopwatch.Frequency))
        && (_judgedIn == 0 || _judgedIn == round);

    // Begins with all of them. Of a slice, who has met a limit since the last look around is the reason to go on.
    private bool Begin(ReadOnlySpan<ContainerCgroup> containers, CgroupsBeside beside, NodePressure node, SlicePressure? slice, long now)
    {
        var isWorthIt = beside.BeginStalls() || slice is null;
        foreach (var container in containers)
        {
            var hits = Hits(container);
            isWorthIt |= hits > container.Livelock.LimitHits + container.Livelock.PodLimitHits;
            container.LimitHits = hits;
            container.StalledMicroseconds = LimitFiles.StalledMicroseconds(container.Directory);
        }

        foreach (var each in node.Slices.All)
        {
            each?.StalledMicroseconds = LimitFiles.StalledMicroseconds(each.Directory);
        }

        _nodeMicroseconds = node.TryReadStall(out var ofNode) ? ofNode.SomeTotalMicroseconds : 0;
        _judgedIn = 0;
        _beganAt = isWorthIt ? now : 0;
        return isWorthIt;
    }

    // Returns what those have waited that met a limit; and the longest that one of the others has, all in microseconds.
    private long OfContainers(ReadOnlySpan<ContainerCgroup> containers, SlicePressure? slice, out long longest)
    {
        var (atLimits, longestAtLimit) = (0L, 0L);
        AtLimit = null;
        longest = 0;
        foreach (var container in containers)
        {
            if (slice?.Holds(container) == false)
            {
                continue;
            }

            var waited = Math.Max(0, LimitFiles.StalledMicroseconds(container.Directory) - container.StalledMicroseconds);
            if (Hits(container) <= container.LimitHits)
            {
                longest = Math.Max(longest, waited);
                continue;
            }

            atLimits += waited;
            if (waited > longestAtLimit)
            {
                (AtLimit, longestAtLimit) = (container, waited);
            }
        }

        return atLimits;
    }

    private static bool TryReadStall(NodePressure node, SlicePressure? slice, out PressureStall stall) =>
        slice is null ? node.TryReadStall(out stall) : LimitFiles.TryReadStall(slice.Directory, out stall);

    private static long Hits(ContainerCgroup container) => LimitFiles.TimesAtLimit(container.Directory) + LimitFiles.TimesAtPodLimit(container.Directory);
}
