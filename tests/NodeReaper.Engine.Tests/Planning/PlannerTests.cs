using CsCheck;
using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Killing;
using NodeReaper.Engine.Planning;
using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Ranking;
using static NodeReaper.Engine.Tests.Candidates.Made;

namespace NodeReaper.Engine.Tests.Planning;

public class PlannerTests
{
    // Sizes that add up in many ways, a few much larger than the others; deficits around their sums.
    private static readonly Gen<(int[] Sizes, int Deficit, int MaxVictims)> s_case = Gen.Select(
        Gen.Frequency((4, Gen.Int[1, 12]), (1, Gen.Int[20, 100])).Array[0, 24],
        Gen.Frequency((4, Gen.Int[1, 100]), (1, Gen.Int[100, 2000])),
        Gen.Int[1, 16]);

    public static TheoryData<string, int[], int, int, int[]> Cases => new()
    {
        // Freeable in ranking order, deficit, most victims; who is to die, by position.
        { "nobody", [], 10, 3, [] },
        { "one suffices", [20, 20, 20], 15, 3, [0] },
        { "just enough", [20, 20, 20], 40, 3, [0, 1] },
        { "not enough at all", [5, 5], 100, 3, [0, 1] },
        { "a dozen small ones in front of a hog", [2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 500], 500, 3, [12] },
        { "a small one that is needed beside the hog", [2, 2, 500], 502, 3, [0, 2] },
        { "one that is made needless is spared though it is large", [30, 40, 100], 130, 3, [0, 2] },
        { "the hog behind is not needed", [50, 500], 50, 3, [0] },
        { "more than the policy allows: those that give back most", [1, 9, 2, 8, 3, 7], 30, 3, [1, 3, 5] },
        { "more than the policy allows, all alike: the first ones", [5, 5, 5, 5, 5], 25, 2, [0, 1] },
        { "few large ones do what many small ones would", [10, 10, 10, 10, 30, 45], 80, 3, [0, 4, 5] },
        { "one is allowed", [10, 60, 50], 115, 1, [1] },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_plan_is(string what, int[] sizes, int deficit, int maxVictims, int[] victims)
    {
        var plan = Plan(sizes, deficit, maxVictims);
        Assert.True(victims.SequenceEqual(plan.Victims.ToArray()), $"{what}: {string.Join(' ', plan.Victims.ToArray())}");
        Assert.Equal(victims.Sum(index => sizes[index]), plan.CoveredBytes);
    }

    [Fact]
    public void Victims_are_in_ranking_order_and_never_more_than_the_policy_allows() => Sample((sizes, deficit, maxVictims, plan) =>
    {
        Assert.Equal(plan.Order().Distinct(), plan);
        Assert.True(plan.Length <= maxVictims);
        Assert.Equal(sizes.Length > 0, plan.Length > 0);
    });

    [Fact]
    public void Nobody_dies_behind_the_one_that_covers_the_deficit() => Sample((sizes, deficit, maxVictims, plan) =>
        Assert.All(plan, position => Assert.True(position < Needed(sizes, deficit))));

    [Fact]
    public void The_deficit_is_covered_whenever_so_many_victims_could() => Sample((sizes, deficit, maxVictims, plan) =>
    {
        var mostThatCan = sizes.Take(Needed(sizes, deficit)).OrderDescending().Take(maxVictims).Sum();
        Assert.True(plan.Sum(position => sizes[position]) >= Math.Min(deficit, mostThatCan));
    });

    [Fact]
    public void No_victim_could_be_spared() => Sample((sizes, deficit, maxVictims, plan) =>
    {
        var covered = plan.Sum(position => sizes[position]);
        Assert.All(plan, position => Assert.True(covered - sizes[position] < deficit));
    });

    [Fact]
    public void No_plan_has_more_victims_than_it_has_room_for()
    {
        var plan = Plan([.. Enumerable.Repeat(1, 100)], 100, 1000);
        Assert.Equal(KillPlan.MaxVictims, plan.Count);
    }

    [Fact]
    public void Planning_allocates_nothing()
    {
        var (snapshot, ranking) = Ranked([.. Enumerable.Range(1, 500)]);
        var plan = new KillPlan();
        var policy = new PlanPolicy();
        Assert.Equal(0, Allocations.Of(() => Planner.Plan(snapshot, ranking.Order, 60_000, policy, plan)));
    }

    [Theory]
    [InlineData("the Pod alone suffices", 25, 3, new[] { 0 })]
    [InlineData("beside the Pod, another is needed", 50, 3, new[] { 0, 3 })]
    [InlineData("the Pod makes the one behind it needless", 30, 3, new[] { 0 })]
    [InlineData("only one is allowed: the other gives back more", 65, 1, new[] { 3 })]
    public void A_Pod_that_dies_as_a_whole_counts_once(string what, int deficit, int maxVictims, int[] victims)
    {
        var pod = Pod(containers: [Container("a"), Container("b"), Container("c")]) with { KillScope = KillScope.Pod };
        var (snapshot, ranking) = Ranked([10, 10, 10, 40]);
        foreach (ref var container in snapshot.ToFill[..3])
        {
            container.Pod = pod;
            container.Cgroup.Role = ContainerRole.App;
            container.SiblingBytes = 20;
        }

        var plan = new KillPlan();
        Planner.Plan(snapshot, ranking.Order, deficit, new PlanPolicy { MaxVictims = maxVictims }, plan);

        Assert.True(victims.SequenceEqual(plan.Victims.ToArray()), $"{what}: {string.Join(' ', plan.Victims.ToArray())}");
        Assert.Equal(victims.Sum(index => index == 3 ? 40 : 30), plan.CoveredBytes);
        Assert.Equal(70, ranking.ReliefBytes(snapshot));
    }

    [Fact]
    public void A_container_that_dies_by_itself_counts_once_beside_its_Pod()
    {
        var pod = Pod(containers: [Container("a"), Container("b")]) with { KillScope = KillScope.Pod };
        var (snapshot, ranking) = Ranked([10, 10, 40]);
        foreach (ref var container in snapshot.ToFill[..2])
        {
            container.Pod = pod;
            container.Cgroup.Role = ContainerRole.App;
        }

        // The Pod as one was refused when the first was chosen; the second would take the first along.
        snapshot.ToFill[0].Cgroup.IsWidened = true;
        snapshot.ToFill[1].SiblingBytes = 10;
        var plan = new KillPlan();
        Planner.Plan(snapshot, ranking.Order, 55, new PlanPolicy { MaxVictims = 3 }, plan);

        Assert.Equal([1, 2], plan.Victims.ToArray());
        Assert.Equal(60, plan.CoveredBytes);
        Assert.Equal(60, ranking.ReliefBytes(snapshot));
    }

    private static void Sample(Action<int[], int, int, int[]> check) => s_case.Sample(
        made => check(made.Sizes, made.Deficit, made.MaxVictims, Plan(made.Sizes, made.Deficit, made.MaxVictims).Victims.ToArray()),
        iter: 20_000,
        threads: 1);

    // How far down the ranking one has to go for all together to cover the deficit.
    private static int Needed(int[] sizes, int deficit)
    {
        var sum = 0;
        for (var i = 0; i < sizes.Length; i++)
        {
            sum += sizes[i];
            if (sum >= deficit)
            {
                return i + 1;
            }
        }

        return sizes.Length;
    }

    private static KillPlan Plan(int[] sizes, int deficit, int maxVictims)
    {
        var (snapshot, ranking) = Ranked(sizes);
        var plan = new KillPlan();
        Planner.Plan(snapshot, ranking.Order, deficit, new PlanPolicy { MaxVictims = maxVictims }, plan);
        return plan;
    }

    // The snapshot's own order is the ranking's.
    private static (CandidateSnapshot Snapshot, VictimRanking Ranking) Ranked(int[] sizes)
    {
        var snapshot = Snapshot([.. sizes.Select(size => Candidate(size))]);
        var ranking = new VictimRanking();
        ranking.Reset(sizes.Length);
        for (var i = 0; i < sizes.Length; i++)
        {
            ranking.Add(i);
        }

        return (snapshot, ranking);
    }
}
