using NodeReaper.Agent.Yaml;

namespace NodeReaper.Agent.Options.Syntax;

/// <summary><c>true</c> or <c>false</c>.</summary>
internal sealed class FlagSyntax : ScalarSyntax<bool>
{
    internal override string Expected => "true or false";

    internal override string Range => "`true`, `false`";

    internal override ValueSchema Schema => new() { Types = ["boolean"] };

    internal override string Write(bool value) => value ? "true" : "false";

    // yes and on are booleans in YAML 1.1 and text in YAML 1.2: whoever writes them must not have to know which.
    protected override bool Parse(YamlScalar scalar, out string? error)
    {
        error = scalar is { IsPlain: true, Text: "true" or "false" } ? null : $"{scalar.Noun} is not {Expected}; write one of them, without quotes";
        return scalar.Text == "true";
    }
}
