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
                _throttleNeededAt = _node.Last.Timestamp;
                _tell.Throttled(occasion, policy, index);
            }
        }
    }

    // Over is when there is as much room again as between the marks; or when it has not been needed for a minute: who is kept from growing by it
    // would else be so for ever.
    private void LiftIfOver(ReapPolicy policy)
    {
        if (!IsAnyThrottled())
        {
            return;
        }

        var now = _node.Last.Timestamp;
        if (_marks.TryFind(policy, policy.Stages.Throttle, "throttle", isSwapSpent: true, out _))
        {
            _throttleNeededAt = now;
        }

        if (!policy.DryRun && !_marks.IsOver(policy, policy.Stages.Throttle) && now - _throttleNeededAt < s_calm)
        {
            return;
        }

        foreach (var container in _tree.Containers)
        {
            if (container.ThrottledAt > 0 && _throttles.Lift(container))
            {
                _tell.Unthrottled(Occasion.Of(_node, policy.Pressure), container, isLeftover: false);
            }
        }
    }

    // One that could not be lifted still is, and is tried again.
    private bool IsAnyThrottled()
    {
        foreach (var container in _tree.Containers)
        {
            if (container.ThrottledAt > 0)
            {
                return true;
            }
        }

        return false;
    }
}
