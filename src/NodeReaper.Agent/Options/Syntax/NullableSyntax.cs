using NodeReaper.Agent.Yaml;

namespace NodeReaper.Agent.Options.Syntax;

/// <summary>A value that can be left to the agent by <c>null</c>.</summary>
internal sealed class NullableSyntax<T>(KeySyntax<T> syntax) : KeySyntax<T?>
    where T : struct
{
    internal override string Expected => $"{syntax.Expected}, or null";

    internal override string Range => $"{syntax.Range}, null";

    internal override ValueSchema Schema => syntax.Schema with { Types = [.. syntax.Schema.Types, "null"] };

    internal override T? Read(YamlValue value, Action<YamlPosition, string> refuse) => value.IsNull ? null : syntax.Read(value, refuse);

    internal override string Write(T? value) => value is { } given ? syntax.Write(given) : "null";
}
