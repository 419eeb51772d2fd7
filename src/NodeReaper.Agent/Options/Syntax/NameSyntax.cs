using System.Text.RegularExpressions;
using NodeReaper.Agent.Yaml;

namespace NodeReaper.Agent.Options.Syntax;

/// <summary>The name of a Kubernetes object: what a typing error would otherwise make protect nobody.</summary>
internal sealed partial class NameSyntax(string what, string plural, int maxLength, bool mayBeAll = false) : ScalarSyntax<string>
{
    // RFC 1123 labels, with dots between them: apimachinery, pkg/util/validation.
    private const string Pattern = @"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*";

    internal override string Expected =>
        $"the name of a {what} (lower-case letters, digits and dashes){(mayBeAll ? ", or '*' for all" : "")}";

    internal override string Range => $"{plural}{(mayBeAll ? ", or `'*'` for all" : "")}";

    internal override ValueSchema Schema => new()
    {
        Types = ["string"],
        Pattern = mayBeAll ? $@"{Pattern}|\*" : Pattern,
        MaxLength = maxLength,
    };

    internal override string Write(string value) => QuotedText.Of(value);

    protected override string Parse(YamlScalar scalar, out string? error)
    {
        var isName = scalar.Text.Length <= maxLength && Name().IsMatch(scalar.Text);
        error = isName || (mayBeAll && scalar.Text == "*") ? null : $"{scalar.Noun} cannot be the name of a {what}; give {Expected}";
        return scalar.Text;
    }

    [GeneratedRegex($@"\A{Pattern}\z")]
    private static partial Regex Name();
}
