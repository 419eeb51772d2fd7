namespace NodeReaper.Agent.Options;

/// <summary>Finds what someone may have meant to type.</summary>
internal static class NearMiss
{
    // A misspelt name is short; whatever is longer is something else, and must not cost time.
    private const int MaxLength = 64;

    /// <summary>Finds the name that is nearest to a word, upper and lower case alike.</summary>
    /// <returns>Null when none is near: a third of the letters may differ.</returns>
    internal static string? Of(string word, IEnumerable<string> names) =>
        word.Length > MaxLength
            ? null
            : names
                .Select(name => (Name: name, Distance: Distance(word.ToLowerInvariant(), name.ToLowerInvariant())))
                .Where(near => near.Distance <= Math.Max(1, near.Name.Length / 3))
                .OrderBy(near => near.Distance)
                .Select(near => near.Name)
                .FirstOrDefault();

    // Levenshtein's, row by row.
    private static int Distance(string from, string to)
    {
        var row = Enumerable.Range(0, to.Length + 1).ToArray();
        for (var i = 1; i <= from.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= to.Length; j++)
            {
                var replaced = diagonal + (from[i - 1] == to[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, 1 + Math.Min(row[j], row[j - 1]));
            }
        }

        return row[to.Length];
    }
}
