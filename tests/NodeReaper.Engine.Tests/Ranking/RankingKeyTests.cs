using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Ranking;
using static NodeReaper.Engine.Tests.Candidates.Made;

namespace NodeReaper.Engine.Tests.Ranking;

public class RankingKeyTests
{
    /// <summary>A row for each key: who dies first, who after that, and two of whom the key says nothing.</summary>
    private static readonly Dictionary<string, (Candidate First, Candidate Second, Candidate[] Alike)> s_rows = new()
    {
        ["killPriority"] = (Candidate(killPriority: 10), Candidate(killPriority: -10), [Candidate(), Candidate(5 * Mib)]),
        ["podPriority"] = (
            Candidate(podPriority: int.MinValue), Candidate(podPriority: int.MaxValue), [Candidate(podPriority: 3), Candidate(Mib, podPriority: 3)]),
        ["cause"] = (Candidate() with { IsCause = true }, Candidate(50 * Mib), [Candidate(), Candidate(Mib)]),
        ["qosClass"] = (
            Candidate(qosClass: QosClass.BestEffort), Candidate(qosClass: QosClass.Burstable), [Candidate(), Candidate(Mib)]),
        ["overRequest"] = (
            // The smaller one dies first: it is over its request by more.
            Candidate(30 * Mib, requestBytes: 10 * Mib),
            Candidate(50 * Mib, requestBytes: 40 * Mib),
            [Candidate(5 * Mib, requestBytes: 40 * Mib), Candidate(39 * Mib, requestBytes: 40 * Mib)]),
        ["growth"] = (Candidate(growthBytesPerSecond: 2), Candidate(growthBytesPerSecond: 1), [Candidate(), Candidate(Mib)]),
        ["freeable"] = (Candidate(2 * Mib), Candidate(Mib), [Candidate(Mib), Candidate(Mib, killPriority: 3)]),
        ["youngest"] = (Candidate(cgroupId: 200), Candidate(cgroupId: 100), [Candidate(), Candidate(Mib)]),
    };

    public static TheoryData<string> Names => [.. RankingKeys.All.Select(key => key.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Each_key_puts_first_who_is_to_die_first(string name)
    {
        Assert.True(s_rows.ContainsKey(name), $"the key {name} has no row in this test");
        var (first, second, alike) = s_rows[name];
        var key = RankingKeys.Find(name)!;
        Assert.True(key.Score(first) > key.Score(second));
        Assert.Equal(key.Score(alike[0]), key.Score(alike[1]));
        Assert.Equal(0, Allocations.Of(() => key.Score(first)));
    }

    [Fact]
    public void Every_row_is_of_a_key_that_exists() => Assert.Equal(RankingKeys.All.Select(key => key.Name).Order(), s_rows.Keys.Order());

    [Fact]
    public void The_default_order_is_the_one_that_users_are_promised() => Assert.Equal(
        ["killPriority", "podPriority", "cause", "qosClass", "overRequest", "growth", "freeable", "youngest"],
        RankingKeys.All.Select(key => key.Name));

    [Fact]
    public void Burstable_dies_before_Guaranteed()
    {
        var key = RankingKeys.Find("qosClass")!;
        Assert.True(key.Score(Candidate(qosClass: QosClass.Burstable)) > key.Score(Candidate(qosClass: QosClass.Guaranteed)));
    }

    [Fact]
    public void Weights_add_up_the_points_of_several_keys()
    {
        var key = new WeightedKey([(RankingKeys.Find("overRequest")!, 2), (RankingKeys.Find("growth")!, 8), (RankingKeys.Find("qosClass")!, 1)]);
        Assert.Equal("2 x overRequest + 8 x growth + 1 x qosClass", key.Name);
        var candidate = Candidate(100 * Mib, requestBytes: 40 * Mib, growthBytesPerSecond: 5 * Mib, qosClass: QosClass.Burstable);
        Assert.Equal((2 * 60) + (8 * 5) - 1000, key.Score(candidate));

        // Small and growing beats large and still.
        Assert.True(key.Score(Candidate(30 * Mib, growthBytesPerSecond: 20 * Mib)) > key.Score(Candidate(90 * Mib)));
        Assert.Equal(0, Allocations.Of(() => key.Score(candidate)));
    }

    [Fact]
    public void Only_an_order_has_no_points() => Assert.Equal(
        ["youngest"], RankingKeys.All.Where(key => key.Points(Candidate()) is null).Select(key => key.Name));

    [Theory]
    [InlineData("")]
    [InlineData("KillPriority")]
    [InlineData("nothing")]
    public void An_unknown_name_finds_no_key(string name) => Assert.Null(RankingKeys.Find(name));
}
