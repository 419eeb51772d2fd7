namespace NodeReaper.Agent.Options;

/// <summary>Writes the reference of the policy file, as Markdown: the part of docs/policy.md that the code knows.</summary>
internal static class PolicyReference
{
    internal static void Write(TextWriter output)
    {
        output.WriteLine($"Version {PolicyFile.FormatVersion} of the policy format. The version rises when a key goes away, or changes its name or what it");
        output.WriteLine("means. New keys do not raise it.");
        output.WriteLine();
        output.WriteLine("| key | value | default | what it decides |");
        output.WriteLine("|---|---|---|---|");
        var defaults = new AgentOptions();
        foreach (var key in PolicyKeys.All)
        {
            output.WriteLine($"| `{key.Path}` | {key.Range} | `{key.Write(defaults)}` | {key.Meaning} |");
        }

        output.WriteLine();
        output.WriteLine("Read at the agent's start alone, which says so when one of them changes:");
        output.WriteLine($"{string.Join(", ", ReadAtStart().Select(name => $"`{name}`"))}. All other keys hold from the next decision on.");
    }

    // A section's name stands for all of its keys.
    private static IEnumerable<string> ReadAtStart() => PolicyKeys.All
        .GroupBy(key => key.Section)
        .SelectMany(section => section.Key.Length > 0 && section.All(key => !key.IsLive)
            ? [section.Key]
            : section.Where(key => !key.IsLive).Select(key => key.Path));
}
