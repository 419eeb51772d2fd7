using NodeReaper.Agent.Yaml;

namespace NodeReaper.Agent.Options.Syntax;

/// <summary>The path of a file, or null for none.</summary>
/// <param name="noun">What it is the path of.</param>
/// <param name="example">One that is right.</param>
internal sealed class FileSyntax(string noun = "file", string example = "/var/log/nodereaper/incidents.jsonl") : KeySyntax<string?>
{
    internal override string Expected => $"the absolute path of a {noun}, such as {example}, or null";

    internal override string Range => $"absolute path of a {noun}, null";

    internal override ValueSchema Schema => new() { Types = ["string", "null"], Pattern = "/.*[^/]" };

    internal override string? Read(YamlValue value, Action<YamlPosition, string> refuse)
    {
        switch (value)
        {
            case { IsNull: true }:
                return null;
            case YamlScalar { Text: ['/', .., not '/'] path } when !path.Any(char.IsControl):
                return path;
            default:
                refuse(value.Position, $"{(value is YamlScalar ? $"{value.Noun} is no absolute path of a {noun}" : $"is {value.Noun}")}; give {Expected}");
                return null;
        }
    }

    internal override string Write(string? value) => value is null ? "null" : QuotedText.Of(value);
}
