using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Reporting;

namespace NodeReaper.Engine.Stages;

// Slowing down who grows, and undoing it.
internal sealed partial class SoftStages
{
    /// <summary>Gives back what an agent before this one took and did not live to give back.</summary>
    /// <param name="policy">The policy.</param>
    internal void LiftLeftovers(ReapPolicy policy)
    {
        foreach (var container in _tree.Containers)
        {
            if (!container.IsLookedAtForMarks)
            {
                var isTried = true;
                var isLifted = container.ThrottledAt == 0 && _throttles.LiftLeftover(container, out isTried);
                container.IsLookedAtForMarks = isTried;
                if (isLifted)
                {
                    _tell.Unthrottled(Occasion.Of(_node, policy.Pressure), container, isLeftover: true);
                }
            }
        }
    }

    private void Throttle(ReapPolicy policy, in Occasion occasion)
    {
        _survey(occasion.Slice);
        foreach (var index in _ranking.Order)
        {
            ref readonly var candidate = ref _snapshot.All[index];
            var container = candidate.Cgroup;
            var growth = candidate.GrowthBytesPerSecond;
            if (container.ThrottledAt == 0
                && !policy.IsDryRunFor(candidate)
                && growth >= policy.Stages.ThrottleGrowthBytesPerSecond
                && Grace.Fits(occasion, candidate, s_timeToThrottle)
                && _throttles.Set(container, candidate.Memory.Current + Math.Max(LeastRoomBytes, growth)).IsNone)
            {
                container.ThrottleNeededAt = _node.Last.Timestamp;
                _tell.Throttled(occasion, policy, index);
            }
        }
    }

    // Its Pod may not have been known, or the policy another, when it was slowed down.
    private static bool IsSpared(ReapPolicy policy, ContainerCgroup container) =>
        policy.IsDryRunFor(container.Pod) || (container.Pod is { } pod && Protection.IsProtected(policy, pod, container.Container));

    /// <summary>
    /// Lifts the throttles that are over, twice a second at most: when there is as much room again as between the marks, or when they were not needed
    /// for a minute, for who is kept from growing by one would else be so for ever; or when the policy has none any more, or none for that container.
    /// Allocates nothing.
    /// </summary>
    /// <param name="policy">The policy.</param>
    internal void LiftIfOver(ReapPolicy policy)
    {
        var now = _node.Last.Timestamp;
        if (now - _lookedAtThrottlesAt < s_apart)
        {
            return;
        }

        _lookedAtThrottlesAt = now;
        var below = policy.Stages.Throttle;
        foreach (var container in _tree.Containers)
        {
            if (container.ThrottledAt == 0)
            {
                continue;
            }

            if (_marks.TryFind(policy, below, "throttle", isSwapSpent: true, out _, container))
            {
                container.ThrottleNeededAt = now;
            }

            // One that could not be lifted still is, and is tried again.
            var isOver = IsSpared(policy, container) || now - container.ThrottleNeededAt >= s_calm || _marks.IsOver(policy, below, container);
            if (isOver && _throttles.Lift(container))
            {
                _tell.Unthrottled(Occasion.Of(_node, policy.Pressure), container, isLeftover: false);
            }
        }
    }
}
