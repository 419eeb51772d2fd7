using NodeReaper.Engine.Recording;

namespace NodeReaper.Engine;

// What is done before anybody is killed, and forgotten once it is over.
public sealed partial class ReapCycle
{
    // While a slice is short in which nothing can be done, too.
    private void WorkOnStages()
    {
        if (!_stages.Work(_policy, mayKill: _node.Last.Timestamp >= _reap.PauseUntil, out var stage))
        {
            return;
        }

        // Their grace period is over.
        if (Allows(stage, _snapshot.All[_plan.Victims[0]]))
        {
            Capture(DecisionKind.GraceOver, stage, DrainingBytes(stage.Slice));
            Execute(stage, null);
        }
        else
        {
            _stages.TellOfCap(_policy, stage);
        }
    }

    private void ForgetShortages()
    {
        foreach (var container in _tree.Containers)
        {
            if ((container.IsToldOf || container.IsWidened || container.GraceEnds > 0) && !_episodes.LastFor(container))
            {
                container.IsToldOf = false;
                container.IsWidened = false;
                _stages.ForgetGrace(_policy, container);
            }
        }
    }
}
