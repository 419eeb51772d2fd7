using NodeReaper.Engine.Candidates;

namespace NodeReaper.Engine.Ranking;

/// <summary>BestEffort dies before Burstable, Burstable before Guaranteed.</summary>
public sealed class QosClassKey : RankingKey
{
    /// <inheritdoc/>
    public override string Name => "qosClass";

    /// <inheritdoc/>
    public override long Score(in Candidate candidate) => -(long)candidate.QosClass;

    /// <inheritdoc/>
    public override long? Points(in Candidate candidate) => Score(candidate) * 1000;
}
