using NodeReaper.Engine.Candidates;

namespace NodeReaper.Engine.Ranking;

/// <summary>One question that the ranking asks of each candidate. The candidate with the higher score dies first.</summary>
public abstract class RankingKey
{
    /// <summary>Its name in the policy file and in reports.</summary>
    public abstract string Name { get; }

    /// <summary>The score. A pure function of the candidate; allocates nothing.</summary>
    /// <param name="candidate">The candidate.</param>
    public abstract long Score(in Candidate candidate);

    /// <inheritdoc/>
    public override string ToString() => Name;
}
