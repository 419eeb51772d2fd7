using NodeReaper.Engine.Candidates;

namespace NodeReaper.Engine.Ranking;

/// <summary>Bytes a second by which the container grew since it was last looked at: more dies first.</summary>
public sealed class GrowthKey : RankingKey
{
    /// <inheritdoc/>
    public override string Name => "growth";

    /// <inheritdoc/>
    public override long Score(in Candidate candidate) => candidate.GrowthBytesPerSecond;
}
