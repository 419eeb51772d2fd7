using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Ranking;

namespace NodeReaper.Engine.Planning;

/// <summary>
/// Who was told to end dies before anybody who was not: one that ignores SIGTERM must not have its neighbours die during its grace period.
/// A pure function, which a replay runs on what was recorded.
/// </summary>
public static class AskedFirst
{
    /// <summary>
    /// Puts those who were told to end in front of a plan that holds another, as long as a kill of them gives something back. Who is behind
    /// dies only if that does not suffice. Allocates nothing.
    /// </summary>
    /// <param name="snapshot">The candidates.</param>
    /// <param name="ranking">Their order.</param>
    /// <param name="policy">How many victims a plan may have, and who is only told of.</param>
    /// <param name="plan">The plan, without those that have time.</param>
    public static void Apply(CandidateSnapshot snapshot, VictimRanking ranking, ReapPolicy policy, KillPlan plan)
    {
        var all = snapshot.All;
        if (!HoldsAnother(all, policy, plan))
        {
            return;
        }

        var most = Math.Min(policy.Plan.MaxVictims, KillPlan.MaxVictims);
        for (var position = ranking.Count - 1; position >= 0; position--)
        {
            var index = ranking.Order[position];
            if (!all[index].IsAskedToEnd || policy.IsDryRunFor(all[index]))
            {
                continue;
            }

            if (plan.Victims.IndexOf(index) is var planned and >= 0)
            {
                plan.Remove(planned, all);
            }
            else if (plan.Count == most)
            {
                plan.Remove(most - 1, all);
            }

            plan.AddInFront(index, all);
        }
    }

    private static bool HoldsAnother(ReadOnlySpan<Candidate> all, ReapPolicy policy, KillPlan plan)
    {
        foreach (var index in plan.Victims)
        {
            if (!all[index].IsAskedToEnd && !policy.IsDryRunFor(all[index]))
            {
                return true;
            }
        }

        return false;
    }
}
