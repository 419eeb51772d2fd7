using System.Diagnostics;
using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Pressure;

namespace NodeReaper.Engine.OwnLimits;

/// <summary>
/// Tells whether the node's stalls are its own, or those of containers that meet a limit of their own (memory.events: max, high; of the Pod,
/// too). That some task also had to reclaim for the node's sake proves little: a large copy of files does that on a healthy node. So what
/// each container has waited (memory.pressure: some) is held against what the node has, over half a second.
/// </summary>
public sealed class StallBlame
{
    private static readonly long s_least = Stopwatch.Frequency / 2;

    // What was begun for an earlier stall says nothing of this one.
    private static readonly long s_most = 3 * Stopwatch.Frequency;
    private readonly LimitFiles _files = new();
    private long _beganAt;
    private long _nodeMicroseconds;

    /// <summary>Whose stalls they are.</summary>
    public enum Verdict
    {
        /// <summary>It is being measured: to be asked again in a moment.</summary>
        Unknown,

        /// <summary>The node's, or it cannot be told.</summary>
        Node,

        /// <summary>Theirs, who met a limit of their own.</summary>
        OwnLimits,
    }

    /// <summary>Says whose they are. Allocates nothing.</summary>
    /// <param name="containers">The containers.</param>
    /// <param name="node">Gives what the node's tasks have waited.</param>
    /// <param name="policy">How much stalling counts.</param>
    public Verdict Judge(ReadOnlySpan<ContainerCgroup> containers, NodePressure node, PressurePolicy policy)
    {
        var now = Stopwatch.GetTimestamp();
        if (!node.TryReadStall(out var ofNode))
        {
            return Verdict.Node;
        }

        if (_beganAt == 0 || now - _beganAt > s_most)
        {
            _beganAt = now;
            _nodeMicroseconds = ofNode.SomeTotalMicroseconds;
            return HasAnyMetItsLimit(containers) ? Verdict.Unknown : Verdict.Node;
        }

        if (now - _beganAt < s_least)
        {
            return Verdict.Unknown;
        }

        var elapsed = Stopwatch.GetElapsedTime(_beganAt, now);
        _beganAt = 0;
        var enough = policy.Stall / policy.StallWindow * elapsed.TotalMicroseconds;
        return OthersWaited(containers, ofNode.SomeTotalMicroseconds - _nodeMicroseconds, enough) ? Verdict.Node : Verdict.OwnLimits;
    }

    // Begins with all of them; who has met a limit since the last look around is the reason to go on.
    private bool HasAnyMetItsLimit(ReadOnlySpan<ContainerCgroup> containers)
    {
        var any = false;
        foreach (var container in containers)
        {
            var hits = Hits(container);
            any |= hits > container.Livelock.LimitHits + container.Livelock.PodLimitHits;
            container.LimitHits = hits;
            container.StalledMicroseconds = Stalled(container);
        }

        if (!any)
        {
            _beganAt = 0;
        }

        return any;
    }

    private bool OthersWaited(ReadOnlySpan<ContainerCgroup> containers, long nodeMicroseconds, double enough)
    {
        long atLimits = 0;
        var others = false;
        foreach (var container in containers)
        {
            var hits = Hits(container);
            var waited = Math.Max(0, Stalled(container) - container.StalledMicroseconds);
            if (hits > container.LimitHits)
            {
                atLimits += waited;
            }
            else
            {
                others |= waited >= enough;
            }
        }

        return others || nodeMicroseconds - atLimits >= enough;
    }

    private long Hits(ContainerCgroup container) => _files.TimesAtLimit(container) + _files.TimesAtPodLimit(container);

    private long Stalled(ContainerCgroup container) => _files.TryReadStall(container, out var stall) ? stall.SomeTotalMicroseconds : 0;
}
