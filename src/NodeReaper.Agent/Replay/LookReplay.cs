using NodeReaper.Agent.Recording;
using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Ranking;

namespace NodeReaper.Agent.Replay;

/// <summary>Ranks the containers of a look again.</summary>
internal static class LookReplay
{
    /// <summary>Tells who would be the first to die.</summary>
    /// <param name="look">The look.</param>
    /// <param name="policy">By which policy.</param>
    /// <returns>Its index; null when none of those that are recorded may be killed.</returns>
    /// <exception cref="FormatException">The lists do not belong together.</exception>
    internal static int? FirstOf(RecordLook look, ReapPolicy policy)
    {
        var candidates = FactsOfRecord.Of(look);
        var ranking = new VictimRanking();
        CandidateRules.Apply(candidates, policy, null);
        Ranker.Rank(candidates, policy.Ranking, ranking);
        return ranking.Count > 0 ? ranking.Order[0] : null;
    }
}
