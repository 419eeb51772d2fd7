namespace NodeReaper.Agent.Options;

/// <summary>Writes all that holds, defaults too, as a policy file that says the same.</summary>
internal static class EffectivePolicy
{
    internal static void Write(AgentOptions options, TextWriter output)
    {
        var section = "";
        foreach (var key in PolicyKeys.All)
        {
            var dot = key.Path.IndexOf('.', StringComparison.Ordinal);
            if (dot >= 0 && key.Path[..dot] != section)
            {
                section = key.Path[..dot];
                output.WriteLine($"{section}:");
            }

            output.WriteLine($"{(dot >= 0 ? "  " : "")}{key.Path[(dot + 1)..]}: {key.Write(options)}");
        }
    }
}
