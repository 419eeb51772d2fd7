using NodeReaper.Agent.Explain;
using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Explaining;
using NodeReaper.Engine.Planning;
using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Pressure;
using NodeReaper.Engine.Ranking;
using NodeReaper.Engine.Reporting;
using NodeReaper.Kernel.Procfs;

namespace NodeReaper.Agent.Tests.Explain;

public sealed class ExplainDocumentsTests
{
    private const long Mib = 1 << 20;
    private const string StaticUid = "0123456789abcdef0123456789abcdef";

    [Theory]
    [InlineData(StaticUid, false, "protected: a static Pod, by its UID; no more is known of it (protect.staticPods)")]
    [InlineData(StaticUid, true, "protected: a static Pod, by its UID; no more is known of it (protect.staticPods)")]
    [InlineData("1c0f0e4b-0000-4000-8000-000000000001", true, "protected: its oom_score_adj is that of a critical Pod, and no Pod of its UID is known")]
    public void Why_a_Pod_is_protected_that_is_not_known(string uid, bool isNodeCritical, string why)
    {
        var document = Explain(new ReapPolicy(), Container(uid, null, isNodeCritical));

        Assert.Equal(why, Assert.Single(document.Excluded).Why);
    }

    [Fact]
    public void Every_key_has_its_score_and_each_container_its_own_dry_run()
    {
        var policy = new ReapPolicy
        {
            DryRunNamespaces = ["bank"],
            Ranking = [new WeightedKey([(new FreeableKey(), 2), (new OverRequestKey(), 1)]), new YoungestKey()],
        };

        var document = Explain(policy, Container("a", "bank"), Container("b", "shop"));

        Assert.Equal([("b", false), ("a", true)], document.Ranking.Select(each => (each.Container.PodUid, each.DryRun)));
        Assert.Equal(document.Keys, document.Ranking[0].Scores.Keys);
        Assert.Equal([300, document.Ranking[0].Container.CgroupId], document.Ranking[0].Scores.Values);
        Assert.False(document.DryRun);
        Assert.Equal(["bank"], document.DryRunNamespaces);
    }

    [Fact]
    public void The_stages_are_those_of_the_policy_on_this_node()
    {
        var policy = new ReapPolicy { Stages = new StagePolicy { Terminate = MemoryAmount.OfBytes(200 * Mib), Observe = MemoryAmount.OfPercent(50) } };

        Assert.Equal([new ExplainedStage("observe", 500 * Mib), new ExplainedStage("terminate", 200 * Mib)], Explain(policy).Stages);
    }

    [Fact]
    public void Huge_pages_that_were_set_aside_count_for_no_stage()
    {
        var policy = new ReapPolicy { Stages = new StagePolicy { Observe = MemoryAmount.OfPercent(50) } };

        Assert.Equal([new ExplainedStage("observe", 300 * Mib)], Explain(policy, hugetlbBytes: 400 * Mib).Stages);
    }

    [Theory]
    [InlineData(0, true, false)]
    [InlineData(500, true, true)]
    [InlineData(500, false, false)]
    public void Whether_there_is_swap_to_spare_is_said(long swapMib, bool usesSwap, bool hasSwapToSpare)
    {
        var policy = new ReapPolicy { Pressure = new PressurePolicy { UseSwap = usesSwap } };

        Assert.Equal(hasSwapToSpare, Explain(policy, swapMib * Mib).Pressure.HasSwapToSpare);
    }

    private static ExplainDocument Explain(ReapPolicy policy, params Candidate[] candidates) => Explain(policy, swapBytes: 0, hugetlbBytes: 0, candidates);

    private static ExplainDocument Explain(ReapPolicy policy, long swapBytes = 0, long hugetlbBytes = 0, params Candidate[] candidates)
    {
        var snapshot = new CandidateSnapshot(8);
        foreach (var candidate in candidates)
        {
            snapshot.Add() = candidate;
        }

        var reading = new PressureReading(1, new MemInfo(1000 * Mib, 700 * Mib, 700 * Mib, swapBytes, swapBytes, 1000 * Mib, hugetlbBytes), 0, false, TimeSpan.Zero);
        var ranking = new VictimRanking();
        CandidateRules.Apply(snapshot, policy, null);
        Ranker.Rank(snapshot, policy.Ranking, ranking);
        var explanation = new Explanation(8);
        explanation.Fill(Occasion.Of(reading, policy.Pressure, null), policy, snapshot, ranking, new KillPlan());
        return ExplainDocuments.Of(explanation, null, ExplainDocuments.OfAgent, "hold", knowsPods: true);
    }

    private static Candidate Container(string uid, string? space, bool isNodeCritical = false) => new()
    {
        Cgroup = ContainerCgroup.OfRecord(
            100 + uid[0], QosClass.Burstable, $"kubepods/burstable/pod{uid}/app", uid, "app", ContainerRole.App, isNodeCritical, false)!,
        Pod = space is null ? null : new PodFacts(uid, space, uid, QosClass.Burstable, 0, null, KillPriority.Default, []),
        Memory = MemoryUse.OfResident(100 * Mib),
    };
}
