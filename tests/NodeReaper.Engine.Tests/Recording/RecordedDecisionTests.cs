using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Planning;
using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Recording;
using static NodeReaper.Engine.Tests.Candidates.Made;

namespace NodeReaper.Engine.Tests.Recording;

/// <summary>What the cycle leaves in the recorder.</summary>
public sealed class RecordedDecisionTests : CycleTest
{
    [Fact]
    public void A_dry_run_is_recorded_once_with_all_that_was_seen()
    {
        AddContainer("besteffort/podhog", 400, Start("--mib", "64").Id);
        AddContainer("besteffort/podguarded", 900, Start("--mib", "2").Id);
        _pods = new PodSnapshot([Pod("hog", qosClass: QosClass.BestEffort, containers: Container("app")), Pod("guarded", "kube-system", QosClass.BestEffort)]);
        SetAvailable(60);
        var cycle = Make(new ReapPolicy { DryRun = true });
        Run(cycle);
        Run(cycle);

        var decision = Assert.IsType<RecordedDecision>(cycle.Recorder.Next);
        Assert.Equal((DecisionKind.Shortage, Conclusion.Kill, true), (decision.Kind, decision.Conclusion, decision.IsWhole));
        Assert.Equal(("available", 132 * Mib), (decision.Occasion.Verdict.Signal, decision.Occasion.Verdict.DeficitBytes));
        var victim = decision.Candidates[decision.Plan[0]];
        Assert.Equal(("hog", Id, $"kubepods/besteffort/podhog/{Id}"), (decision.PodUidOf(victim), decision.ContainerIdOf(victim), decision.PathOf(victim)));
        Assert.Equal([Exclusion.None, Exclusion.Protected], decision.Candidates.ToArray().Select(candidate => candidate.Facts.Exclusion).Order());
        Assert.Equal(2, cycle.Recorder.Ring.Count);
        cycle.Recorder.Release();
        Assert.Null(cycle.Recorder.Next);
    }

    [Fact]
    public void Decisions_that_nobody_takes_are_lost_and_counted_and_cost_no_kill()
    {
        AddContainer("besteffort/podguarded", 900, Start("--mib", "2").Id);
        _pods = new PodSnapshot([Pod("guarded", "kube-system", QosClass.BestEffort)]);
        SetAvailable(500);
        var cycle = Make(new ReapPolicy());
        for (var i = 0; i < 6; i++)
        {
            SetAvailable(20);
            Run(cycle);
            SetAvailable(500);
            Run(cycle);
        }

        Assert.Equal(6, cycle.Totals.WithoutVictim);
        Assert.Equal(2, cycle.Recorder.Lost);
        Assert.Equal(Conclusion.NoVictim, cycle.Recorder.Next?.Conclusion);
    }
}
