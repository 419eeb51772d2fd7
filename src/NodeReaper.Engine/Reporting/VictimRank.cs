using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Planning;
using NodeReaper.Engine.Ranking;

namespace NodeReaper.Engine.Reporting;

/// <summary>Where a victim stood in the ranking, and whom the planner passed over: the deaths of those would not have covered what was missing.</summary>
/// <param name="Place">1 is the first; 0 when it was not ranked.</param>
/// <param name="PassedOver">How many in front of it were not in the plan.</param>
/// <param name="PassedOverBytes">What their deaths would have given back together, in bytes.</param>
public readonly record struct VictimRank(int Place, int PassedOver, long PassedOverBytes)
{
    /// <summary>Looks a victim up. Who was asked to end, and has time, was not passed over. Allocates nothing.</summary>
    /// <param name="snapshot">The candidates.</param>
    /// <param name="ranking">Their order.</param>
    /// <param name="plan">Who is to die.</param>
    /// <param name="index">The victim.</param>
    public static VictimRank Of(CandidateSnapshot snapshot, VictimRanking ranking, KillPlan plan, int index)
    {
        var order = ranking.Order;
        var position = order.IndexOf(index);
        var count = 0;
        long bytes = 0;
        for (var i = 0; i < position; i++)
        {
            if (snapshot.All[order[i]].Cgroup.GraceEnds > 0 || plan.Victims.Contains(order[i]))
            {
                continue;
            }

            var added = CommonRelief.Added(snapshot.All, order[i], order[..i]);
            count += added > 0 ? 1 : 0;
            bytes += added;
        }

        return new VictimRank(position + 1, count, bytes);
    }
}
