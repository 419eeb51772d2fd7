using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Planning;
using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Ranking;
using static NodeReaper.Engine.Tests.Candidates.Made;

namespace NodeReaper.Engine.Tests.Planning;

public sealed class AskedFirstTests
{
    public static TheoryData<string, int[], int[], int, int[]> Cases => new()
    {
        // Who was told to end, the plan, the most victims; who is to die, in order.
        { "nobody was told", [], [1, 2], 3, [1, 2] },
        { "spared by the planner", [0], [2], 3, [0, 2] },
        { "behind another", [2], [1, 2], 3, [2, 1] },
        { "two of them", [0, 3], [2], 3, [0, 3, 2] },
        { "no room for all", [0, 3], [1, 2], 2, [0, 3] },
        { "nobody else dies", [0, 1], [1], 3, [1] },
        { "nobody dies", [0], [], 3, [] },
        { "one that gives nothing back", [4], [1], 3, [1] },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_plan_becomes(string what, int[] asked, int[] planned, int maxVictims, int[] expected)
    {
        var (snapshot, ranking, plan) = Make(asked, planned);
        AskedFirst.Apply(snapshot, ranking, new ReapPolicy { Plan = new PlanPolicy { MaxVictims = maxVictims } }, plan);
        Assert.True(expected.SequenceEqual(plan.Victims.ToArray()), $"{what}: {string.Join(' ', plan.Victims.ToArray())}");
        Assert.Equal(10 * expected.Length, plan.CoveredBytes);
    }

    [Fact]
    public void Whoever_is_only_told_of_has_nobody_killed_for_it()
    {
        var (snapshot, ranking, plan) = Make([0], [1]);
        AskedFirst.Apply(snapshot, ranking, new ReapPolicy { DryRun = true }, plan);
        Assert.Equal([1], plan.Victims.ToArray());
    }

    [Fact]
    public void It_allocates_nothing()
    {
        var (snapshot, ranking, plan) = Make([0, 3], [1, 2]);
        var policy = new ReapPolicy();
        Assert.Equal(0, Allocations.Of(() => AskedFirst.Apply(snapshot, ranking, policy, plan)));
    }

    // Five of 10 bytes; the last one is excluded, for it has nothing to free.
    private static (CandidateSnapshot Snapshot, VictimRanking Ranking, KillPlan Plan) Make(int[] asked, int[] planned)
    {
        var snapshot = Snapshot([.. Enumerable.Range(0, 5).Select(index => Candidate(10) with
        {
            IsAskedToEnd = asked.Contains(index),
            Exclusion = index == 4 ? Exclusion.NothingToFree : Exclusion.None,
        })]);
        var ranking = new VictimRanking();
        ranking.Reset(4);
        for (var i = 0; i < 4; i++)
        {
            ranking.Add(i);
        }

        var plan = new KillPlan();
        foreach (var index in planned.Reverse())
        {
            plan.AddInFront(index, snapshot.All);
        }

        return (snapshot, ranking, plan);
    }
}
