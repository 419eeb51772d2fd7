using NodeReaper.Engine.Candidates;

namespace NodeReaper.Engine.Ranking;

/// <summary>Orders the candidates by the keys, one after the other, and last by UID and cgroup, so that ties are stable.</summary>
public static class Ranker
{
    /// <summary>Ranks the candidates that are not excluded. Allocates nothing.</summary>
    /// <param name="snapshot">The candidates.</param>
    /// <param name="keys">The keys, the one that decides first in front.</param>
    /// <param name="ranking">What is filled.</param>
    public static void Rank(CandidateSnapshot snapshot, IReadOnlyList<RankingKey> keys, VictimRanking ranking)
    {
        _ = ranking.Reset(snapshot.Count);
        var all = snapshot.All;
        for (var i = 0; i < all.Length; i++)
        {
            if (all[i].Exclusion == Exclusion.None)
            {
                ranking.Add(i);
            }
        }

        Sort(all, keys, ranking.Sortable);
    }

    /// <summary>The first key that tells two candidates apart.</summary>
    /// <param name="first">One candidate.</param>
    /// <param name="second">The other.</param>
    /// <param name="keys">The keys.</param>
    /// <returns>The key; null when only their UIDs differ.</returns>
    public static RankingKey? DecidingKey(in Candidate first, in Candidate second, IReadOnlyList<RankingKey> keys)
    {
        for (var i = 0; i < keys.Count; i++)
        {
            if (keys[i].Score(first) != keys[i].Score(second))
            {
                return keys[i];
            }
        }

        return null;
    }

    /// <summary>The key that put a candidate in front of the next one.</summary>
    /// <param name="snapshot">The candidates.</param>
    /// <param name="ranking">Their order.</param>
    /// <param name="keys">The keys.</param>
    /// <param name="position">Its place in the order.</param>
    /// <returns>Null for the last, or when only the UIDs differ.</returns>
    public static RankingKey? KeyAfter(CandidateSnapshot snapshot, VictimRanking ranking, IReadOnlyList<RankingKey> keys, int position) =>
        position + 1 < ranking.Count
            ? DecidingKey(snapshot.All[ranking.Order[position]], snapshot.All[ranking.Order[position + 1]], keys)
            : null;

    /// <summary>Compares two candidates.</summary>
    /// <param name="first">One candidate.</param>
    /// <param name="second">The other.</param>
    /// <param name="keys">The keys.</param>
    /// <returns>Below 0 when the first dies before the second.</returns>
    public static int Compare(in Candidate first, in Candidate second, IReadOnlyList<RankingKey> keys)
    {
        for (var i = 0; i < keys.Count; i++)
        {
            var byKey = keys[i].Score(second).CompareTo(keys[i].Score(first));
            if (byKey != 0)
            {
                return byKey;
            }
        }

        var byUid = first.Cgroup.PodUid.SequenceCompareTo(second.Cgroup.PodUid);
        return byUid != 0 ? byUid : first.Cgroup.PathBytes.SequenceCompareTo(second.Cgroup.PathBytes);
    }

    // A heap sort of our own, because a comparison that captures the candidates would be an allocated closure.
    private static void Sort(ReadOnlySpan<Candidate> all, IReadOnlyList<RankingKey> keys, Span<int> order)
    {
        for (var root = (order.Length / 2) - 1; root >= 0; root--)
        {
            Sink(all, keys, order, root);
        }

        for (var end = order.Length - 1; end > 0; end--)
        {
            (order[0], order[end]) = (order[end], order[0]);
            Sink(all, keys, order[..end], 0);
        }
    }

    private static void Sink(ReadOnlySpan<Candidate> all, IReadOnlyList<RankingKey> keys, Span<int> order, int root)
    {
        while ((2 * root) + 1 < order.Length)
        {
            var child = (2 * root) + 1;
            if (child + 1 < order.Length && Compare(all[order[child]], all[order[child + 1]], keys) < 0)
            {
                child++;
            }

            if (Compare(all[order[root]], all[order[child]], keys) >= 0)
            {
                return;
            }

            (order[root], order[child]) = (order[child], order[root]);
            root = child;
        }
    }
}
