using NodeReaper.Agent.Yaml;

namespace NodeReaper.Agent.Options.Syntax;

/// <summary>One of a few words.</summary>
internal sealed class ChoiceSyntax<T>(params (string Word, T Value)[] choices) : ScalarSyntax<T>
    where T : struct, Enum
{
    internal override string Expected => $"one of {string.Join(", ", choices.Select(choice => choice.Word))}";

    internal override string Range => string.Join(", ", choices.Select(choice => $"`{choice.Word}`"));

    internal override ValueSchema Schema => new() { Types = ["string"], Words = [.. choices.Select(choice => choice.Word)] };

    internal override string Write(T value) => choices.First(choice => EqualityComparer<T>.Default.Equals(choice.Value, value)).Word;

    protected override T Parse(YamlScalar scalar, out string? error)
    {
        foreach (var choice in choices)
        {
            if (choice.Word == scalar.Text)
            {
                error = null;
                return choice.Value;
            }
        }

        var near = NearMiss.Of(scalar.Text, choices.Select(choice => choice.Word));
        error = $"{scalar.Noun} is not known; {(near is null ? "" : $"did you mean {near}? ")}give {Expected}";
        return default;
    }
}
