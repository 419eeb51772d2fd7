using NodeReaper.Engine.Candidates;

namespace NodeReaper.Engine.Ranking;

/// <summary>The kill priority that the policy granted: higher dies first.</summary>
public sealed class KillPriorityKey : RankingKey
{
    /// <inheritdoc/>
    public override string Name => "killPriority";

    /// <inheritdoc/>
    public override long Score(in Candidate candidate) => candidate.KillPriority;

    /// <inheritdoc/>
    public override long? Points(in Candidate candidate) => Score(candidate);
}
