using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Ranking;

namespace NodeReaper.Engine.Planning;

/// <summary>Takes the smallest set of victims that covers what is missing.</summary>
public static class Planner
{
    /// <summary>
    /// Goes down the ranking until the deficit is covered, then spares, the one that deserves it most first, whoever the
    /// others make needless: a dozen small containers do not die along with the hog that is ranked behind them. When
    /// more victims are left than the policy allows, those that give back most are taken, and of these, too, whoever is
    /// needless is spared. Nobody further down the ranking is ever taken. Allocates nothing.
    /// </summary>
    /// <param name="snapshot">The candidates.</param>
    /// <param name="ranking">Their order.</param>
    /// <param name="deficitBytes">What is missing, in bytes, above 0.</param>
    /// <param name="policy">How many victims a plan may have.</param>
    /// <param name="plan">What is filled.</param>
    public static void Plan(CandidateSnapshot snapshot, VictimRanking ranking, long deficitBytes, PlanPolicy policy, KillPlan plan)
    {
        var all = snapshot.All;
        var order = ranking.Order;
        long covered = 0;
        var taken = 0;
        while (taken < order.Length && covered < deficitBytes)
        {
            covered += all[order[taken++]].ReliefBytes;
        }

        var ranked = order[..taken];
        var most = Math.Min(policy.MaxVictims, KillPlan.MaxVictims);
        if (!TakeNeeded(all, ranked, covered, deficitBytes, most, plan))
        {
            TakeLargest(all, ranked, most, plan);
            SpareNeedless(all, deficitBytes, plan);
        }
    }

    // False when more are needed than the policy allows.
    private static bool TakeNeeded(
        ReadOnlySpan<Candidate> all, ReadOnlySpan<int> ranked, long coveredBytes, long deficitBytes, int most, KillPlan plan)
    {
        plan.Clear();
        for (var position = ranked.Length - 1; position >= 0; position--)
        {
            var freeable = all[ranked[position]].ReliefBytes;
            if (coveredBytes - freeable >= deficitBytes)
            {
                coveredBytes -= freeable;
                continue;
            }

            if (plan.Count == most)
            {
                return false;
            }

            plan.AddInFront(ranked[position], freeable);
        }

        return true;
    }

    private static void TakeLargest(ReadOnlySpan<Candidate> all, ReadOnlySpan<int> ranked, int most, KillPlan plan)
    {
        plan.Clear();
        for (var position = ranked.Length - 1; position >= 0; position--)
        {
            var freeable = all[ranked[position]].ReliefBytes;
            if (plan.Count < most || MakeRoom(all, plan, freeable))
            {
                plan.AddInFront(ranked[position], freeable);
            }
        }
    }

    // Drops the victim that gives back least, if this gives back as much; of several, the one that is ranked last.
    private static bool MakeRoom(ReadOnlySpan<Candidate> all, KillPlan plan, long freeableBytes)
    {
        var least = 0;
        for (var i = 1; i < plan.Count; i++)
        {
            if (all[plan.Victims[i]].ReliefBytes <= all[plan.Victims[least]].ReliefBytes)
            {
                least = i;
            }
        }

        var leastBytes = all[plan.Victims[least]].ReliefBytes;
        if (leastBytes > freeableBytes)
        {
            return false;
        }

        plan.Remove(least, leastBytes);
        return true;
    }

    private static void SpareNeedless(ReadOnlySpan<Candidate> all, long deficitBytes, KillPlan plan)
    {
        for (var position = plan.Count - 1; position >= 0; position--)
        {
            var freeable = all[plan.Victims[position]].ReliefBytes;
            if (plan.CoveredBytes - freeable >= deficitBytes)
            {
                plan.Remove(position, freeable);
            }
        }
    }
}
