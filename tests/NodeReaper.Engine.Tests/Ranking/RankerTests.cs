using CsCheck;
using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Ranking;
using static NodeReaper.Engine.Tests.Candidates.Made;

namespace NodeReaper.Engine.Tests.Ranking;

public class RankerTests
{
    // Few values for each field, so that ties at every key are common.
    private static readonly Gen<Candidate> s_candidate =
        from killPriority in Gen.Int[-1, 1]
        from podPriority in Gen.OneOf(int.MinValue, -5, 0, int.MaxValue)
        from qosClass in Gen.Enum<QosClass>()
        from request in Gen.OneOf(0, 2 * Mib, 10 * Mib)
        from freeable in Gen.OneOf(0, Mib, 5 * Mib, 20 * Mib)
        from growth in Gen.Int[0, 1]
        from cgroupId in Gen.Int[1, 3]
        from uid in Gen.OneOf("a", "b", "aa")
        from id in Gen.Int[0, 99]
        from exclusion in Gen.Frequency((5, Gen.Const(Exclusion.None)), (1, Gen.Enum<Exclusion>()))
        select Candidate(
            freeable, uid, killPriority, podPriority, qosClass, request, growth, cgroupId, $"{id:x12}") with
        {
            Exclusion = exclusion,
        };

    [Fact]
    public void The_order_is_the_same_whatever_order_the_candidates_come_in() => Gen.Select(s_candidate.Array[0, 40], Gen.Int).Sample(
        (candidates, seed) =>
        {
            var shuffled = candidates.ToArray();
            new Random(seed).Shuffle(shuffled);
            Assert.Equal(Ranked(candidates).Select(Identity), Ranked(shuffled).Select(Identity));
        },
        iter: 500,
        threads: 1);

    [Fact]
    public void The_order_is_that_of_a_plain_sort_and_leaves_out_the_excluded() => s_candidate.Array[0, 60].Sample(
        candidates =>
        {
            var expected = candidates.Where(candidate => candidate.Exclusion == Exclusion.None)
                .OrderByDescending(candidate => candidate.KillPriority)
                .ThenBy(candidate => candidate.PodPriority)
                .ThenBy(candidate => candidate.QosClass)
                .ThenByDescending(candidate => Math.Max(0, candidate.FreeableBytes - candidate.RequestBytes))
                .ThenByDescending(candidate => candidate.GrowthBytesPerSecond)
                .ThenByDescending(candidate => candidate.FreeableBytes)
                .ThenByDescending(candidate => candidate.CgroupId)
                .ThenBy(candidate => candidate.Cgroup.PodUid.ToString(), StringComparer.Ordinal)
                .ThenBy(candidate => candidate.Cgroup.Path, StringComparer.Ordinal);
            Assert.Equal(expected.Select(Identity), Ranked(candidates).Select(Identity));
        },
        iter: 500,
        threads: 1);

    [Fact]
    public void The_order_follows_the_policy_whatever_keys_it_names() =>
        Gen.Select(s_candidate.Array[0, 30], Gen.Shuffle(RankingKeys.All.ToArray()), Gen.Int[0, RankingKeys.All.Count]).Sample(
            (candidates, shuffled, count) =>
            {
                var keys = shuffled[..count];
                var ranked = Ranked(candidates, keys);
                for (var i = 0; i + 1 < ranked.Length; i++)
                {
                    Assert.True(Ranker.Compare(ranked[i], ranked[i + 1], keys) <= 0);
                    Assert.Same(
                        keys.FirstOrDefault(key => key.Score(ranked[i]) != key.Score(ranked[i + 1])),
                        Ranker.DecidingKey(ranked[i], ranked[i + 1], keys));
                }
            },
            iter: 300,
            threads: 1);

    [Fact]
    public void The_comparison_is_a_total_order() => Gen.Select(s_candidate, s_candidate, s_candidate).Sample(
        (a, b, c) =>
        {
            var keys = RankingKeys.All;
            Assert.Equal(0, Ranker.Compare(a, a, keys));
            Assert.Equal(Math.Sign(Ranker.Compare(a, b, keys)), -Math.Sign(Ranker.Compare(b, a, keys)));
            if (Ranker.Compare(a, b, keys) <= 0 && Ranker.Compare(b, c, keys) <= 0)
            {
                Assert.True(Ranker.Compare(a, c, keys) <= 0);
            }

            if (Ranker.Compare(a, b, keys) == 0)
            {
                Assert.Equal(a.Cgroup.Path, b.Cgroup.Path);
            }
        },
        iter: 5000,
        threads: 1);

    [Fact]
    public void Ties_are_broken_by_UID_and_then_by_path()
    {
        var ranked = Ranked(
        [
            Candidate(Mib, "bbb"), Candidate(Mib, "aaa", containerId: "0123456789ac"), Candidate(Mib, "aaa", containerId: "0123456789ab"),
        ]);
        Assert.Equal(["kubepods/podaaa/0123456789ab", "kubepods/podaaa/0123456789ac", "kubepods/podbbb/0123456789abcdef"], ranked.Select(Identity));
        Assert.Null(Ranker.DecidingKey(ranked[0], ranked[2], RankingKeys.All));
    }

    [Fact]
    public void The_deciding_key_is_the_first_that_differs()
    {
        var first = Candidate(10 * Mib, qosClass: QosClass.BestEffort);
        var second = Candidate(20 * Mib, qosClass: QosClass.Burstable);
        Assert.Equal("qosClass", Ranker.DecidingKey(first, second, RankingKeys.All)!.Name);
        Assert.Equal("qosClass", Ranker.DecidingKey(second, first, RankingKeys.All)!.Name);
        Assert.Null(Ranker.DecidingKey(first, first, RankingKeys.All));
    }

    [Fact]
    public void Ranking_500_containers_allocates_nothing()
    {
        var random = new Random(1);
        var snapshot = Snapshot([.. Enumerable.Range(0, 500).Select(i => Candidate(random.Next(10), containerId: $"{i:x12}"))]);
        var ranking = new VictimRanking();
        Assert.Equal(0, Allocations.Of(() => Ranker.Rank(snapshot, RankingKeys.All, ranking)));
        Assert.Equal(500, ranking.Count);
    }

    [Fact]
    public void More_candidates_than_there_was_room_for_are_ranked_too()
    {
        var snapshot = Snapshot([.. Enumerable.Range(0, 5000).Select(i => Candidate(i))]);
        var ranking = new VictimRanking();
        Ranker.Rank(snapshot, RankingKeys.All, ranking);
        Assert.Equal(Enumerable.Range(0, 5000).Reverse(), ranking.Order.ToArray());
    }

    private static Candidate[] Ranked(Candidate[] candidates, IReadOnlyList<RankingKey>? keys = null)
    {
        var ranking = new VictimRanking();
        Ranker.Rank(Snapshot(candidates), keys ?? RankingKeys.All, ranking);
        return [.. ranking.Order.ToArray().Select(index => candidates[index])];
    }

    private static string Identity(Candidate candidate) => candidate.Cgroup.Path;
}
