using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Policy;

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
    /// <param name="order">Their order: the ranking, or the front of it.</param>
    /// <param name="deficitBytes">What is missing, in bytes, above 0.</param>
    /// <param name="policy">How many victims a plan may have.</param>
    /// <param name="plan">What is filled.</param>
    public static void Plan(CandidateSnapshot snapshot, ReadOnlySpan<int> order, long deficitBytes, PlanPolicy policy, KillPlan plan)
    {
        var all = snapshot.All;
        long covered = 0;
        var taken = 0;
        while (taken < order.Length && covered < deficitBytes)
        {
            covered += CommonRelief.Added(all, order[taken], order[..taken]);
            taken++;
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
            var share = Share(all, ranked, position, plan);
            if (share == 0 || coveredBytes - share >= deficitBytes)
            {
                coveredBytes -= share;
                continue;
            }

            if (plan.Count == most)
            {
                return false;
            }

            plan.AddInFront(ranked[position], all);
        }

        return true;
    }

    private static void TakeLargest(ReadOnlySpan<Candidate> all, ReadOnlySpan<int> ranked, int most, KillPlan plan)
    {
        plan.Clear();
        for (var position = ranked.Length - 1; position >= 0; position--)
        {
            var share = Share(all, ranked, position, plan);
            if (share > 0 && (plan.Count < most || MakeRoom(all, plan, share)))
            {
                plan.AddInFront(ranked[position], all);
            }
        }
    }

    // Drops the victim that gives back least, if this gives back as much; of several, the one that is ranked last.
    private static bool MakeRoom(ReadOnlySpan<Candidate> all, KillPlan plan, long reliefBytes)
    {
        var (least, leastBytes) = (0, plan.ShareOf(0, all));
        for (var i = 1; i < plan.Count; i++)
        {
            if (plan.ShareOf(i, all) is var share && share <= leastBytes)
            {
                (least, leastBytes) = (i, share);
            }
        }

        if (leastBytes > reliefBytes)
        {
            return false;
        }

        plan.Remove(least, all);
        return true;
    }

    private static void SpareNeedless(ReadOnlySpan<Candidate> all, long deficitBytes, KillPlan plan)
    {
        for (var position = plan.Count - 1; position >= 0; position--)
        {
            if (plan.CoveredBytes - plan.ShareOf(position, all) >= deficitBytes)
            {
                plan.Remove(position, all);
            }
        }
    }

    // What would not come back without it, if all in front of it die, and those behind it who are needed; 0 when it dies along with one of them.
    private static long Share(ReadOnlySpan<Candidate> all, ReadOnlySpan<int> ranked, int position, KillPlan plan) => Math.Min(
        CommonRelief.Added(all, ranked[position], ranked[..position]),
        CommonRelief.Added(all, ranked[position], plan.Victims));
}
