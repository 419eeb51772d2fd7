using NodeReaper.Agent.Yaml;
using NodeReaper.Engine.Ranking;

namespace NodeReaper.Agent.Options.Syntax;

/// <summary>The name of a ranking key.</summary>
internal sealed class RankingKeySyntax : ScalarSyntax<RankingKey>
{
    internal override string Expected => $"one of {string.Join(", ", RankingKeys.All.Select(key => key.Name))}";

    internal override string Write(RankingKey value) => value.Name;

    protected override RankingKey? Parse(YamlScalar scalar, out string? error)
    {
        var key = RankingKeys.Find(scalar.Text);
        var near = key is null ? NearMiss.Of(scalar.Text, RankingKeys.All.Select(known => known.Name)) : null;
        error = key is null ? $"{scalar.Noun} is no ranking key; {(near is null ? "" : $"did you mean {near}? ")}give {Expected}" : null;
        return key;
    }
}
