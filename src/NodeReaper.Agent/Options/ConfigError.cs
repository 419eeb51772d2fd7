using System.Globalization;
using NodeReaper.Agent.Yaml;

namespace NodeReaper.Agent.Options;

/// <summary>One thing that is wrong with a policy file.</summary>
/// <param name="File">The file as it was named.</param>
/// <param name="Position">Where; line 0 when it is about the file as a whole.</param>
/// <param name="Key">The path of the key, such as <c>pressure.stall</c>; empty when it is not about a key.</param>
/// <param name="Message">What is wrong, and the fix.</param>
internal sealed record ConfigError(string File, YamlPosition Position, string Key, string Message)
{
    /// <summary><c>FILE:LINE:COLUMN: key.path: what is wrong; the fix</c>, without the parts that there are not.</summary>
    public override string ToString()
    {
        var place = Position.Line > 0 ? string.Create(CultureInfo.InvariantCulture, $":{Position.Line}:{Position.Column}") : "";
        return $"{File}{place}: {(Key.Length > 0 ? $"{Key}: " : "")}{Message}";
    }
}
