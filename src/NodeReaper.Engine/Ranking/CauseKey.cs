using NodeReaper.Engine.Candidates;

namespace NodeReaper.Engine.Ranking;

/// <summary>
/// Who took the memory that is missing dies before those that merely use some: 1 for at least a quarter of it in the last minute, beyond the memory
/// request. Only in a shortage; see <see cref="RecentGrowth"/>.
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
