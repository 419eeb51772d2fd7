using NodeReaper.Engine.Candidates;

namespace NodeReaper.Engine.Ranking;

/// <summary>
/// Who took the memory that went in the last minute dies before those that merely use some: 1 for at least a quarter of it, beyond the memory request. Only
/// in a shortage, or below the threshold of a stage; see <see cref="RecentGrowth"/>.
/// </summary>
public sealed class CauseKey : RankingKey
{
    /// <inheritdoc/>
    public override string Name => "cause";

    /// <inheritdoc/>
    public override long Score(in Candidate candidate) => candidate.IsCause ? 1 : 0;

    /// <inheritdoc/>
    public override long? Points(in Candidate candidate) => Score(candidate) * 1000;
}
