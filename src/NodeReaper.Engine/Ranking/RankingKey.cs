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

    /// <summary>
    /// The score on a scale that can be added to other keys': by default of a score in bytes, one point for each MiB. Null when the score
    /// is an order alone.
    /// </summary>
    /// <param name="candidate">The candidate.</param>
    public virtual long? Points(in Candidate candidate) => Score(candidate) / (1L << 20);

    /// <inheritdoc/>
    public override string ToString() => Name;
}
