using System.Text.RegularExpressions;

namespace NodeReaper.Architecture.Tests;

/// <summary>Names under which anything could be kept, and sooner or later is.</summary>
internal static partial class EmptyNames
{
    private static readonly HashSet<string> s_words =
        new(["Util", "Utils", "Utility", "Utilities", "Helper", "Helpers", "Manager", "Managers", "Misc"], StringComparer.OrdinalIgnoreCase);

    private static readonly HashSet<string> s_wholeNames =
        new(["Common", "Shared", "Types", "Abstractions"], StringComparer.OrdinalIgnoreCase);

    /// <summary>Looks at each part of a dotted or slashed name: for the words in it, and for the part as a whole.</summary>
    internal static bool IsIn(string name) => name.Split('.', '/').Any(part =>
        s_wholeNames.Contains(part) || Word().Matches(part).Any(word => s_words.Contains(word.Value)));

    [GeneratedRegex("[A-Z]?[a-z]+|[A-Z]+(?![a-z])")]
    private static partial Regex Word();
}
