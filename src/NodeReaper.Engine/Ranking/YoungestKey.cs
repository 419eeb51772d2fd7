using NodeReaper.Engine.Candidates;

namespace NodeReaper.Engine.Ranking;

/// <summary>The container that started last dies first: its work is the cheapest to lose.</summary>
public sealed class YoungestKey : RankingKey
{
    /// <inheritdoc/>
    public override string Name => "youngest";

    /// <inheritdoc/>
    public override long Score(in Candidate candidate) => candidate.CgroupId;

    /// <inheritdoc/>
    public override long? Points(in Candidate candidate) => null;
}
