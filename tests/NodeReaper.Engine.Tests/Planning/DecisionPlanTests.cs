using NodeReaper.Engine.Assessment;
using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Planning;
using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Pressure;
using NodeReaper.Engine.Ranking;
using NodeReaper.Engine.Reporting;
using NodeReaper.Kernel.Procfs;
using static NodeReaper.Engine.Tests.Candidates.Made;

namespace NodeReaper.Engine.Tests.Planning;

/// <summary>
/// Who dies when the first in the ranking do not cover all that is missing: of a node with 8 GiB, short below 400 MiB, to be brought back to 800.
/// </summary>
public sealed class DecisionPlanTests
{
    private static readonly PressureLimits s_limits = new(400 * Mib, 800 * Mib, TimeSpan.FromMilliseconds(250), default, default);

    // What is available and how fast it goes, in MiB; who is there; who dies.
    public static TheoryData<string, long, long, Who[], string> Cases => new()
    {
        { "a leak that ends the shortage dies, and not who is steady", 398, 0, [Leak("leak", 300), Steady("steady", 4000)], "leak" },
        { "nor who has a higher priority", 398, 0, [Leak("leak", 300), Steady("high", 4000, priority: 1000)], "leak" },
        { "nor who is within its request", 398, 0, [Leak("leak", 300), Steady("within", 4000, request: 5000)], "leak" },
        { "a leak that would leave the node short", 300, 0, [Leak("leak", 110), Steady("steady", 4000)], "steady" },
        { "a hog at full speed, that has less than what goes in a quarter of a second", 780, 4096, [Leak("hog", 428), Steady("steady", 1500)], "hog" },
        { "of those that leak, as many as are needed", 398, 0, [Leak("a", 40), Leak("b", 40), Leak("c", 40), Steady("steady", 4000)], "c b" },
        { "of those that leak, the one that is enough", 398, 0, [Leak("small", 20), Leak("large", 300), Steady("steady", 4000)], "large" },
        { "a lower priority ends the shortage, and leaves room", 398, 0, [Steady("low", 250, priority: -5), Steady("high", 4000)], "low" },
        { "a lower priority that leaves hardly any room", 398, 0, [Steady("low", 150, priority: -5), Steady("high", 4000)], "high" },
        { "a lower priority, while the node fills fast: the hog is another", 398, 1600, [Steady("low", 250, priority: -5), Leak("hog", 4000)], "hog" },
        { "a dozen small ones of a lower priority, and a hog", 398, 0, [Steady("a", 20, priority: -5), Steady("b", 20, priority: -5), Leak("hog", 4000)], "hog" },
        { "by its own wish, the first to die", 398, 0, [Steady("wish", 250, wish: 9), Steady("steady", 4000)], "wish" },
        { "among equals, the one that covers all", 398, 0, [Steady("a", 250), Steady("b", 4000)], "b" },
        { "nobody covers all: as many as end it", 100, 0, [Leak("leak", 50), Steady("a", 300), Steady("b", 200)], "leak a" },
        { "a small one of a lower priority does not die for the leak behind it", 398, 0, [Steady("low", 60, priority: -5), Leak("hog", 300)], "hog" },
        { "nor when somebody of a higher priority is behind that", 398, 0, [Steady("low", 60, priority: -5), Leak("hog", 300), Steady("high", 4000, priority: 5)], "hog" },
        { "more than a plan may have: as many as it may, and nobody behind them", 398, 0, [.. Enumerable.Range(0, 10).Select(n => Steady($"{n}", 30, priority: -5)), Steady("high", 4000)], "9 8 7" },
        { "nobody ends it", 50, 0, [Leak("leak", 50), Steady("a", 100)], "leak a" },
        { "a leak that leaves hardly any room", 398, 0, [Leak("leak", 40), Steady("steady", 4000)], "steady" },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Who_dies(string what, long availableMib, long fillMib, Who[] all, string dying) =>
        Assert.True(dying == Plan(availableMib, fillMib, all, 0), $"{what}: {Plan(availableMib, fillMib, all, 0)}");

    [Fact]
    public void What_is_on_its_way_back_counts_for_those_in_front() =>
        Assert.Equal("leak", Plan(398, 0, [Leak("leak", 40), Steady("steady", 4000)], 20 * Mib));

    [Fact]
    public void Planning_allocates_nothing()
    {
        var (snapshot, ranking, occasion) = Make(398, 0, [Leak("leak", 300), Steady("steady", 4000, priority: 1000)]);
        var plan = new KillPlan();
        var policy = new PlanPolicy();
        Assert.Equal(0, Allocations.Of(() => Decisions.Plan(snapshot, ranking, occasion, 0, policy, plan)));
    }

    private static string Plan(long availableMib, long fillMib, Who[] all, long pendingBytes)
    {
        var (snapshot, ranking, occasion) = Make(availableMib, fillMib, all);
        var plan = new KillPlan();
        Decisions.Plan(snapshot, ranking, occasion, pendingBytes, new PlanPolicy(), plan);
        return string.Join(' ', plan.Victims.ToArray().Select(index => all[index].Name));
    }

    private static (CandidateSnapshot Snapshot, VictimRanking Ranking, Occasion Occasion) Make(long availableMib, long fillMib, Who[] all)
    {
        var snapshot = Snapshot([.. all.Select((who, index) => Candidate(
            who.Mib * Mib, killPriority: who.Wish, podPriority: who.Priority, requestBytes: who.Request * Mib, cgroupId: index + 1))]);
        for (var index = 0; index < all.Length; index++)
        {
            snapshot.ToFill[index].IsCause = all[index].IsCause;
        }

        var ranking = new VictimRanking();
        Ranker.Rank(snapshot, new ReapPolicy().Ranking, ranking);
        var reading = new PressureReading(
            1, new MemInfo(8 * Gib, availableMib * Mib, availableMib * Mib, 0, 0), fillMib * Mib, IsStalling: false, TimeSpan.Zero);
        return (snapshot, ranking, new Occasion(reading, s_limits, Assessor.Assess(reading, s_limits)));
    }

    private static Who Leak(string name, long mib) => new(name, mib, 0, 0, 0, true);

    private static Who Steady(string name, long mib, int priority = 0, long request = 0, int wish = 0) => new(name, mib, priority, request, wish, false);

    /// <summary>One of them.</summary>
    public sealed record Who(string Name, long Mib, int Priority, long Request, int Wish, bool IsCause)
    {
        public override string ToString() => Name;
    }
}
