using NodeReaper.Engine.Candidates;

namespace NodeReaper.Engine.Ranking;

/// <summary>Bytes that would come back beyond the memory request: more dies first. One within its request scores 0, however little it uses.</summary>
public sealed class OverRequestKey : RankingKey
{
    /// <inheritdoc/>
    public override string Name => "overRequest";

    /// <inheritdoc/>
    public override long Score(in Candidate candidate) => candidate.OverRequestBytes;
}
