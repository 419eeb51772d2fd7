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
    /// more victims are left than the policy allows, those that give back most are taken. Allocates nothing.
    /// </summary>
    /// <param name="snapshot">The candidates.</param>
    /// <param name="ranking">Their order.</param>
    /// <param name="deficitBytes">What is missing, in bytes, above 0.</param>
    /// <param name="policy">How many victims a plan may have.</param>
    /// <param name="plan">What is filled.</param>
    public static void Plan(CandidateSnapshot snapshot, VictimRanking ranking, long deficitBytes, PlanPolicy policy, KillPlan plan)
    {
        plan.Clear();
        var all = snapshot.All;
        var order = ranking.Order;
        long covered = 0;
        var taken = 0;
        while (taken < order.Length && covered < deficitBytes)
        {
            covered += all[order[taken++]].FreeableBytes;
        }

        var most = Math.Min(policy.MaxVictims, KillPlan.MaxVictims);
        for (var position = taken - 1; position >= 0; position--)
        {
            var freeable = all[order[position]].FreeableBytes;
            if (covered - freeable >= deficitBytes)
            {
                covered -= freeable;
                continue;
            }

            if (plan.Count == most && !MakeRoom(all, plan, freeable))
            {
                continue;
            }

            plan.AddInFront(order[position], freeable);
        }
    }

    // Drops the victim that gives back least, if that is less than this.
    private static bool MakeRoom(ReadOnlySpan<Candidate> all, KillPlan plan, long freeableBytes)
    {
        var least = 0;
        for (var i = 1; i < plan.Count; i++)
        {
            if (all[plan.Victims[i]].FreeableBytes < all[plan.Victims[least]].FreeableBytes)
            {
                least = i;
            }
        }

        var leastBytes = all[plan.Victims[least]].FreeableBytes;
        if (leastBytes > freeableBytes)
        {
            return false;
        }

        plan.Remove(least, leastBytes);
        return true;
    }
}
