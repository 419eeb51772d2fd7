using NodeReaper.Engine.Candidates;

namespace NodeReaper.Engine.Ranking;

/// <summary>Bytes that a kill gives back: more dies first.</summary>
public sealed class FreeableKey : RankingKey
{
    /// <inheritdoc/>
    public override string Name => "freeable";

    /// <inheritdoc/>
    public override long Score(in Candidate candidate) => candidate.FreeableBytes;
}
