using NodeReaper.Engine.Candidates;

namespace NodeReaper.Engine.Ranking;

/// <summary>spec.priority: lower dies first.</summary>
public sealed class PodPriorityKey : RankingKey
{
    /// <inheritdoc/>
    public override string Name => "podPriority";

    /// <inheritdoc/>
    public override long Score(in Candidate candidate) => -(long)candidate.PodPriority;

    /// <inheritdoc/>
    public override long? Points(in Candidate candidate) => Score(candidate);
}
