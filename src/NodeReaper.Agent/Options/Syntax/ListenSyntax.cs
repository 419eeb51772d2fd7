using NodeReaper.Agent.Http;
using NodeReaper.Agent.Yaml;

namespace NodeReaper.Agent.Options.Syntax;

/// <summary>An address to serve HTTP on, or null for none.</summary>
internal sealed class ListenSyntax : KeySyntax<ListenAddress?>
{
    internal override string Expected => "a port or an address with a port, such as ':9977', '127.0.0.1:9977' or '[::1]:9977', or null";

    internal override string Range => "`:PORT`, address with port, null";

    internal override ValueSchema Schema => new() { Types = ["string", "null"], Pattern = ".*:[0-9]{1,10}" };

    internal override ListenAddress? Read(YamlValue value, Action<YamlPosition, string> refuse)
    {
        if (value.IsNull)
        {
            return null;
        }

        if (value is YamlScalar scalar && ListenAddress.TryParse(scalar.Text, out var address))
        {
            return address;
        }

        refuse(value.Position, $"{(value is YamlScalar ? $"{value.Noun} is no address" : $"is {value.Noun}")}; give {Expected}");
        return null;
    }

    internal override string Write(ListenAddress? value) => value is null ? "null" : $"'{value}'";
}
