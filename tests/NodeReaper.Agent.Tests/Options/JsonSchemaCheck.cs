using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using NodeReaper.Agent.Yaml;

namespace NodeReaper.Agent.Tests.Options;

/// <summary>Holds a YAML value against a JSON schema. An unknown keyword is an error, so that no rule is passed over.</summary>
internal static class JsonSchemaCheck
{
    /// <summary>Everything that the schema refuses.</summary>
    internal static IEnumerable<string> Problems(JsonElement schema, YamlValue value, string path = "policy")
    {
        var type = TypeOf(value);
        foreach (var rule in schema.EnumerateObject())
        {
            var problems = rule.Name switch
            {
                "description" => [],
                "type" => Unless(Texts(rule.Value).Contains(type), $"is {type}, not {rule.Value}"),
                "pattern" => Unless(type != "string" || Regex.IsMatch(TextOf(value), rule.Value.GetString()!), $"does not match {rule.Value}"),
                "maxLength" => Unless(type != "string" || TextOf(value).Length <= rule.Value.GetInt32(), "is too long"),
                "enum" => Unless(Texts(rule.Value).Contains(TextOf(value)), $"is none of {rule.Value}"),
                "minimum" => Unless(type != "integer" || NumberOf(value) >= rule.Value.GetInt64(), $"is less than {rule.Value}"),
                "maximum" => Unless(type != "integer" || NumberOf(value) <= rule.Value.GetInt64(), $"is more than {rule.Value}"),
                "minItems" => Unless(value is not YamlList list || list.Items.Count >= rule.Value.GetInt32(), "has too few items"),
                "uniqueItems" => Unless(value is not YamlList list || list.Items.Select(TextOf).Distinct().Count() == list.Items.Count, "has an item twice"),
                "items" => value is YamlList list ? list.Items.SelectMany((item, i) => Problems(rule.Value, item, $"{path}[{i}]")) : [],
                "minProperties" => Unless(value is not YamlMapping mapping || mapping.Entries.Count >= rule.Value.GetInt32(), "has too few keys"),
                "additionalProperties" => Unknown(schema, value).Select(name => $"{path}.{name}: is not a key"),
                "properties" => Entries(value).SelectMany(entry => rule.Value.TryGetProperty(entry.Key, out var of)
                    ? Problems(of, entry.Value, $"{path}.{entry.Key}")
                    : []),
                "anyOf" => Unless(rule.Value.EnumerateArray().Any(choice => !Problems(choice, value, path).Any()), "is none of what it may be"),
                _ => throw new InvalidOperationException($"{rule.Name} is a keyword that this check does not know"),
            };
            foreach (var problem in problems)
            {
                yield return problem.StartsWith(path, StringComparison.Ordinal) ? problem : $"{path}: {problem}";
            }
        }
    }

    private static IEnumerable<string> Unless(bool isRight, string problem) => isRight ? [] : [problem];

    private static IEnumerable<string> Texts(JsonElement value) =>
        value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().Select(item => item.GetString()!) : [value.GetString()!];

    private static IEnumerable<string> Unknown(JsonElement schema, YamlValue value) =>
        Entries(value).Select(entry => entry.Key).Where(name => !schema.GetProperty("properties").TryGetProperty(name, out _));

    private static IReadOnlyList<YamlEntry> Entries(YamlValue value) => value is YamlMapping mapping ? mapping.Entries : [];

    private static string TypeOf(YamlValue value) => value switch
    {
        YamlMapping => "object",
        YamlList => "array",
        { IsNull: true } => "null",
        YamlScalar { IsPlain: true, Text: "true" or "false" } => "boolean",
        YamlScalar { IsPlain: true } scalar when long.TryParse(scalar.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _) => "integer",
        _ => "string",
    };

    private static string TextOf(YamlValue value) => value is YamlScalar scalar ? scalar.Text : $"{value.Position}";

    private static long NumberOf(YamlValue value) => long.Parse(TextOf(value), CultureInfo.InvariantCulture);
}
