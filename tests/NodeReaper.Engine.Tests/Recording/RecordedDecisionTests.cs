using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Planning;
using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Ranking;
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
    public void A_look_keeps_the_largest_and_the_first_to_die_and_allocates_nothing()
    {
        var snapshot = new CandidateSnapshot(64);
        for (var i = 0; i < 40; i++)
        {
            snapshot.Add() = Candidate(uid: $"pod{i:00}", freeableBytes: (100 + (i * 7 % 40)) * Mib, podPriority: i == 0 ? -1 : 0);
        }

        var ranking = new VictimRanking();
        Ranker.Rank(snapshot, new ReapPolicy().Ranking, ranking);
        var recorder = new FlightRecorder();
        var policy = new ReapPolicy();

        Assert.Equal(0, Allocations.Of(() => recorder.Note(17, policy, snapshot, ranking)));

        Assert.True(recorder.Looks.TryRead(0, look => (look.Timestamp, look.Total, look.First, Sizes: look.Candidates.ToArray().Select(each => each.Facts.FreeableBytes / Mib).ToList()), out var taken));
        Assert.Equal((17, 40, 0), (taken.Timestamp, taken.Total, taken.First));
        Assert.Equal([100, .. Enumerable.Range(109, 31).Reverse()], taken.Sizes);
    }

    [Fact]
    public void A_look_is_there_until_it_is_written_over()
    {
        var ring = new LookRing(3);
        for (var i = 0; i < 5; i++)
        {
            ring.Next.Fill(i, new ReapPolicy(), new CandidateSnapshot(1), new VictimRanking());
            ring.Add();
        }

        Assert.Equal((5, 2), (ring.Count, ring.Oldest));
        Assert.Equal([2, 3, 4], Enumerable.Range(0, 6).Where(number => ring.TryRead(number, look => look.Timestamp, out var timestamp) && timestamp == number));
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
