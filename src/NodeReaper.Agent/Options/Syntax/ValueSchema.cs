using System.Text.Json;

namespace NodeReaper.Agent.Options.Syntax;

/// <summary>What a JSON schema says of a value. Only keywords that mean the same in every draft from 4 on.</summary>
internal sealed record ValueSchema
{
    /// <summary>The types it may have; empty: those of <see cref="AnyOf"/>.</summary>
    internal IReadOnlyList<string> Types { get; init; } = [];

    /// <summary>What it is, for people.</summary>
    internal string? Description { get; init; }

    /// <summary>What a text looks like, without the anchors.</summary>
    internal string? Pattern { get; init; }

    /// <summary>The longest text, in characters.</summary>
    internal int? MaxLength { get; init; }

    /// <summary>The words that it may be.</summary>
    internal IReadOnlyList<string> Words { get; init; } = [];

    /// <summary>The smallest number.</summary>
    internal long? Minimum { get; init; }

    /// <summary>The largest number.</summary>
    internal long? Maximum { get; init; }

    /// <summary>What each item of a list is; each is there once.</summary>
    internal ValueSchema? Items { get; init; }

    /// <summary>The keys of an object. It has no others.</summary>
    internal IReadOnlyList<(string Name, ValueSchema Value)> Properties { get; init; } = [];

    /// <summary>True when a list or an object must have something in it.</summary>
    internal bool IsFilled { get; init; }

    /// <summary>It is one of these.</summary>
    internal IReadOnlyList<ValueSchema> AnyOf { get; init; } = [];

    /// <summary>Writes it as a JSON object.</summary>
    internal void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        WriteText(json, "description", Description);
        if (Types.Count == 1)
        {
            json.WriteString("type", Types[0]);
        }
        else
        {
            WriteTexts(json, "type", Types);
        }

        WriteText(json, "pattern", Pattern is null ? null : $"^({Pattern})$");
        WriteNumber(json, "maxLength", MaxLength);
        WriteTexts(json, "enum", Words);
        WriteNumber(json, "minimum", Minimum);
        WriteNumber(json, "maximum", Maximum);
        WriteItems(json);
        WriteProperties(json);
        if (AnyOf.Count > 0)
        {
            json.WriteStartArray("anyOf");
            foreach (var choice in AnyOf)
            {
                choice.Write(json);
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    private void WriteItems(Utf8JsonWriter json)
    {
        if (Items is null)
        {
            return;
        }

        WriteNumber(json, "minItems", IsFilled ? 1 : null);
        json.WriteBoolean("uniqueItems", true);
        json.WritePropertyName("items");
        Items.Write(json);
    }

    private void WriteProperties(Utf8JsonWriter json)
    {
        if (Properties.Count == 0)
        {
            return;
        }

        WriteNumber(json, "minProperties", IsFilled ? 1 : null);
        json.WriteBoolean("additionalProperties", false);
        json.WriteStartObject("properties");
        foreach (var (name, value) in Properties)
        {
            json.WritePropertyName(name);
            value.Write(json);
        }

        json.WriteEndObject();
    }

    private static void WriteText(Utf8JsonWriter json, string name, string? text)
    {
        if (text is not null)
        {
            json.WriteString(name, text);
        }
    }

    private static void WriteNumber(Utf8JsonWriter json, string name, long? number)
    {
        if (number is { } given)
        {
            json.WriteNumber(name, given);
        }
    }

    private static void WriteTexts(Utf8JsonWriter json, string name, IReadOnlyList<string> texts)
    {
        if (texts.Count == 0)
        {
            return;
        }

        json.WriteStartArray(name);
        foreach (var text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }
}
