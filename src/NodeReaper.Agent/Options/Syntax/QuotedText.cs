using System.Text.RegularExpressions;

namespace NodeReaper.Agent.Options.Syntax;

/// <summary>Writes text for a YAML file, in quotes where it would else mean something other than itself.</summary>
internal static partial class QuotedText
{
    internal static string Of(string text) =>
        Safe().IsMatch(text) && text is not ("null" or "true" or "false")
            ? text
            : $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";

    [GeneratedRegex(@"\A[a-z/][-a-z0-9./_]*\z", RegexOptions.IgnoreCase)]
    private static partial Regex Safe();
}
