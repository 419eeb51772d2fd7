using NodeReaper.Agent.Yaml;

namespace NodeReaper.Agent.Kubernetes;

/// <summary>An annotation of a Pod, as it was found in a manifest or came from the API.</summary>
/// <param name="Name">Its name, with the prefix.</param>
/// <param name="Text">Its value; null when that is no text.</param>
/// <param name="Noun">What the value is, for messages: never long, and of one line.</param>
/// <param name="Line">The line of its name, from 1; 0 where there are no lines.</param>
internal readonly record struct PodAnnotation(string Name, string? Text, string Noun, int Line)
{
    /// <summary>What the name of every annotation of this agent starts with.</summary>
    internal const string Prefix = "nodereaper.io/";

    /// <summary>An annotation that came from the API, where every value is text.</summary>
    internal static PodAnnotation Of(string name, string text) => new(name, text, $"'{ShownText.Of(text)}'", 0);

    /// <summary>An annotation in a manifest.</summary>
    internal static PodAnnotation Of(in YamlEntry entry) =>
        new(entry.Key, (entry.Value as YamlScalar)?.Text, entry.Value.Noun, entry.KeyPosition.Line);
}
