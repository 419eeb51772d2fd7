using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;
using NodeReaper.Agent.Options.Syntax;

namespace NodeReaper.Agent.Options;

/// <summary>
/// The JSON schema of the policy file, from its keys. It refuses what is no key and what has the wrong form; what a schema cannot say
/// (the range of a duration or a quantity, two keys that disagree) is left to <c>config check</c>.
/// </summary>
internal static partial class PolicySchema
{
    internal static void Write(TextWriter output)
    {
        using var bytes = new MemoryStream();
        var options = new JsonWriterOptions { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        using (var json = new Utf8JsonWriter(bytes, options))
        {
            OfPolicy().Write(json);
        }

        output.WriteLine(Encoding.UTF8.GetString(bytes.GetBuffer().AsSpan(0, (int)bytes.Length)));
    }

    private static ValueSchema OfPolicy()
    {
        var keys = new List<(string, ValueSchema)>();
        foreach (var section in PolicyKeys.All.GroupBy(key => key.Section))
        {
            var below = section.Select(key => (key.Name, OfKey(key)));
            if (section.Key.Length == 0)
            {
                keys.AddRange(below);
            }
            else
            {
                // A section whose keys are all commented out is empty.
                keys.Add((section.Key, new ValueSchema { Types = ["object", "null"], Properties = [.. below] }));
            }
        }

        return new ValueSchema
        {
            Description = $"The policy of NodeReaper, version {PolicyFile.FormatVersion} of the format.",
            Types = ["object", "null"],
            Properties = keys,
        };
    }

    private static ValueSchema OfKey(PolicyKey key) => key.Schema with
    {
        Description = $"{Link().Replace(key.Meaning, "$1")} Value: {Link().Replace(key.Range, "$1")}. Default: {key.Write(new AgentOptions())}.",
    };

    // [text](where): a schema's reader is nowhere.
    [GeneratedRegex(@"\[([^\]]+)\]\([^)]+\)")]
    private static partial Regex Link();
}
