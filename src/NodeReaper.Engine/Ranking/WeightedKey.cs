using System.Globalization;
using NodeReaper.Engine.Candidates;

namespace NodeReaper.Engine.Ranking;

/// <summary>Several keys as one: the points of each, times its weight, added up; more dies first.</summary>
public sealed class WeightedKey : RankingKey
{
    /// <summary>The largest weight; the smallest is 1.</summary>
    public const int MaxWeight = 1000;

    private readonly (RankingKey Key, int Weight)[] _parts;

    /// <summary>Puts keys together.</summary>
    /// <param name="parts">The keys, each with points, and their weights.</param>
    public WeightedKey(IEnumerable<(RankingKey Key, int Weight)> parts)
    {
        _parts = [.. parts];
        Name = string.Join(" + ", _parts.Select(part => string.Create(CultureInfo.InvariantCulture, $"{part.Weight} x {part.Key.Name}")));
    }

    /// <inheritdoc/>
    public override string Name { get; }

    /// <summary>The keys and their weights.</summary>
    public IReadOnlyList<(RankingKey Key, int Weight)> Parts => _parts;

    /// <inheritdoc/>
    public override long Score(in Candidate candidate)
    {
        long score = 0;
        foreach (var (key, weight) in _parts)
        {
            score += weight * (key.Points(candidate) ?? 0);
        }

        return score;
    }

    /// <inheritdoc/>
    public override long? Points(in Candidate candidate) => Score(candidate);
}
