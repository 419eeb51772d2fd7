using System.Globalization;
using NodeReaper.Agent.Yaml;
using NodeReaper.Engine.Ranking;

namespace NodeReaper.Agent.Options.Syntax;

/// <summary>The name of a ranking key; or several names with their weights, which then are one key.</summary>
internal sealed class RankingKeySyntax : KeySyntax<RankingKey>
{
    private static readonly string s_names = string.Join(", ", RankingKeys.All.Select(key => key.Name));
    private static readonly string s_weighable = string.Join(", ", RankingKeys.All.Where(HasPoints).Select(key => key.Name));
    private readonly IntegerSyntax _weight = new(1, WeightedKey.MaxWeight);

    internal override string Expected => $"one of {s_names}, or a mapping of some of them to weights";

    internal override string Range => "[ranking keys](#ranking-keys), or of weights of them";

    internal override ValueSchema Schema => new()
    {
        AnyOf =
        [
            new() { Types = ["string"], Words = [.. RankingKeys.All.Select(key => key.Name)] },
            new() { Types = ["object"], Properties = [.. RankingKeys.All.Where(HasPoints).Select(key => (key.Name, _weight.Schema))], IsFilled = true },
        ],
    };

    internal override string Write(RankingKey value) => value is WeightedKey weighted
        ? $"{{{string.Join(", ", weighted.Parts.Select(part => string.Create(CultureInfo.InvariantCulture, $"{part.Key.Name}: {part.Weight}")))}}}"
        : value.Name;

    internal override RankingKey? Read(YamlValue value, Action<YamlPosition, string> refuse)
    {
        switch (value)
        {
            case YamlScalar { IsNull: false } scalar:
                return Find(scalar.Text, scalar.Position, refuse);
            case YamlMapping mapping:
                return ReadWeights(mapping, refuse);
            default:
                refuse(value.Position, $"is {value.Noun}; give {Expected}");
                return null;
        }
    }

    private WeightedKey? ReadWeights(YamlMapping mapping, Action<YamlPosition, string> refuse)
    {
        var isRight = mapping.Entries.Count > 0;
        if (!isRight)
        {
            refuse(mapping.Position, $"is empty; give weights to some of {s_weighable}");
        }

        var parts = new List<(RankingKey, int)>();
        foreach (var entry in mapping.Entries)
        {
            var key = Find(entry.Key, entry.KeyPosition, refuse);
            if (key is not null && !HasPoints(key))
            {
                refuse(entry.KeyPosition, $"'{key.Name}' is an order and cannot be weighed; give weights to some of {s_weighable}");
                key = null;
            }

            var weight = _weight.Read(entry.Value, (position, message) =>
            {
                isRight = false;
                refuse(position, message);
            });
            isRight &= key is not null;
            if (key is not null)
            {
                parts.Add((key, weight));
            }
        }

        return isRight ? new WeightedKey(parts) : null;
    }

    private static RankingKey? Find(string name, YamlPosition position, Action<YamlPosition, string> refuse)
    {
        var key = RankingKeys.Find(name);
        if (key is null)
        {
            var near = NearMiss.Of(name, RankingKeys.All.Select(known => known.Name));
            refuse(position, $"'{ShownText.Of(name)}' is no ranking key; {(near is null ? "" : $"did you mean {near}? ")}give one of {s_names}");
        }

        return key;
    }

    private static bool HasPoints(RankingKey key) => key.Points(default) is not null;
}
