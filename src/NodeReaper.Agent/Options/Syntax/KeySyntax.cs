using NodeReaper.Agent.Yaml;

namespace NodeReaper.Agent.Options.Syntax;

/// <summary>How a kind of value is written in a policy file.</summary>
internal abstract class KeySyntax<T>
{
    /// <summary>What may stand there, with an example.</summary>
    internal abstract string Expected { get; }

    /// <summary>The same in a few words of Markdown, for the reference.</summary>
    internal abstract string Range { get; }

    /// <summary>The same for a JSON schema, as far as that can say it; never less than what is read.</summary>
    internal abstract ValueSchema Schema { get; }

    /// <summary>Reads a value.</summary>
    /// <param name="value">The value.</param>
    /// <param name="refuse">Takes each thing that is wrong with it, with its place.</param>
    /// <returns>What it says; nothing of use when it was refused.</returns>
    internal abstract T? Read(YamlValue value, Action<YamlPosition, string> refuse);

    /// <summary>Writes a value so that it reads back as the same.</summary>
    internal abstract string Write(T value);
}
