using NodeReaper.Agent.Options.Syntax;
using NodeReaper.Agent.Yaml;

namespace NodeReaper.Agent.Options;

/// <summary>A key of the policy file: its name, how it is written, and where it goes.</summary>
internal abstract class PolicyKey(string path)
{
    // What the threads, the kernel's alarm and the sinks are made with.
    private static readonly string[] s_atStart =
        ["pressure.stall", "pressure.fullStall", "pressure.stallWindow", "kill.strategy", "kill.expediteFlag", "kill.reapers"];

    /// <summary>Its path, such as <c>pressure.stall</c>: a section and a name, or a name alone.</summary>
    internal string Path { get; } = path;

    /// <summary>Its section; empty where it stands in none.</summary>
    internal string Section => Path[..Math.Max(0, Path.IndexOf('.', StringComparison.Ordinal))];

    /// <summary>Its name within the section.</summary>
    internal string Name => Path[(Path.IndexOf('.', StringComparison.Ordinal) + 1)..];

    /// <summary>What it decides, in Markdown.</summary>
    internal string Meaning => PolicyMeanings.Of(Path);

    /// <summary>True when a change takes effect while the agent runs; false when only from its next start on.</summary>
    internal bool IsLive =>
        !s_atStart.Contains(Path) && !Path.StartsWith("report.", StringComparison.Ordinal) && !Path.StartsWith("log.", StringComparison.Ordinal)
        && !Path.StartsWith("record.", StringComparison.Ordinal) && !Path.StartsWith("http.", StringComparison.Ordinal)
        && !Path.StartsWith("events.", StringComparison.Ordinal) && !Path.StartsWith("kubelet.", StringComparison.Ordinal)
        && !Path.StartsWith("afterKill.", StringComparison.Ordinal) && !Path.StartsWith("node.", StringComparison.Ordinal);

    /// <summary>What may stand behind it.</summary>
    internal abstract string Expected { get; }

    /// <summary>The same in a few words of Markdown.</summary>
    internal abstract string Range { get; }

    /// <summary>The same for a JSON schema.</summary>
    internal abstract ValueSchema Schema { get; }

    /// <summary>Reads the key's value.</summary>
    /// <param name="options">What was read so far.</param>
    /// <param name="value">The value.</param>
    /// <param name="refuse">Takes each thing that is wrong with it, with its place.</param>
    /// <returns>The options with the value; of no use when it was refused.</returns>
    internal abstract AgentOptions Read(AgentOptions options, YamlValue value, Action<YamlPosition, string> refuse);

    /// <summary>Writes what the options say, as a policy file would.</summary>
    internal abstract string Write(AgentOptions options);

    /// <summary>Gives options the value that others have.</summary>
    internal abstract AgentOptions Copy(AgentOptions from, AgentOptions to);
}

/// <inheritdoc/>
internal sealed class PolicyKey<T>(
    string path, KeySyntax<T> syntax, Func<AgentOptions, T> get, Func<AgentOptions, T, AgentOptions> set) : PolicyKey(path)
{
    internal override string Expected => syntax.Expected;

    internal override string Range => syntax.Range;

    internal override ValueSchema Schema => syntax.Schema;

    internal override AgentOptions Read(AgentOptions options, YamlValue value, Action<YamlPosition, string> refuse)
    {
        var isRefused = false;
        var read = syntax.Read(value, (position, message) =>
        {
            isRefused = true;
            refuse(position, message);
        });
        return isRefused ? options : set(options, read!);
    }

    internal override string Write(AgentOptions options) => syntax.Write(get(options));

    internal override AgentOptions Copy(AgentOptions from, AgentOptions to) => set(to, get(from));
}
