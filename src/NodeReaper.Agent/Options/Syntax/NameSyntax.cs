using System.Text.RegularExpressions;
using NodeReaper.Agent.Yaml;

namespace NodeReaper.Agent.Options.Syntax;

/// <summary>The name of a Kubernetes object: what a typing error would otherwise make protect nobody.</summary>
internal sealed partial class NameSyntax(string what, int maxLength, bool mayBeAll = false) : ScalarSyntax<string>
{
    internal override string Expected =>
        $"the name of a {what} (lower-case letters, digits and dashes){(mayBeAll ? ", or '*' for all" : "")}";

    internal override string Write(string value) => QuotedText.Of(value);

    protected override string Parse(YamlScalar scalar, out string? error)
    {
        var isName = scalar.Text.Length <= maxLength && Name().IsMatch(scalar.Text);
        error = isName || (mayBeAll && scalar.Text == "*") ? null : $"{scalar.Noun} cannot be the name of a {what}; give {Expected}";
        return scalar.Text;
    }

    // RFC 1123 labels, with dots between them: apimachinery, pkg/util/validation.
    [GeneratedRegex(@"\A[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\z")]
    private static partial Regex Name();
}
