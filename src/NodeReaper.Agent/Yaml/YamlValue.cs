namespace NodeReaper.Agent.Yaml;

/// <summary>A value in a YAML file: a scalar, a list or a mapping, and where it stands.</summary>
internal abstract class YamlValue(YamlPosition position)
{
    /// <summary>Where it starts.</summary>
    internal YamlPosition Position { get; } = position;

    /// <summary>What it is, for error messages.</summary>
    internal abstract string Noun { get; }

    /// <summary>True for <c>null</c>, <c>~</c>, and a key with nothing behind it.</summary>
    internal virtual bool IsNull => false;
}

/// <summary>A scalar. Its text is as in the file, without quotes: what it means is for the reader of the key to say.</summary>
internal sealed class YamlScalar(string text, bool isPlain, YamlPosition position) : YamlValue(position)
{
    internal string Text { get; } = text;

    /// <summary>True when it stands without quotes, so that it can be a number or a boolean.</summary>
    internal bool IsPlain { get; } = isPlain;

    internal override string Noun => IsNull ? "nothing" : $"'{ShownText.Of(Text)}'";

    internal override bool IsNull => IsPlain && Text is ("" or "~" or "null" or "Null" or "NULL");
}

/// <summary>A list.</summary>
internal sealed class YamlList(IReadOnlyList<YamlValue> items, YamlPosition position) : YamlValue(position)
{
    internal IReadOnlyList<YamlValue> Items { get; } = items;

    internal override string Noun => "a list";
}

/// <summary>A mapping. Its keys are unique.</summary>
internal sealed class YamlMapping(IReadOnlyList<YamlEntry> entries, YamlPosition position) : YamlValue(position)
{
    internal IReadOnlyList<YamlEntry> Entries { get; } = entries;

    internal override string Noun => "a mapping";

    /// <summary>Finds a value.</summary>
    /// <returns>Null when there is no such key, or nothing behind it.</returns>
    internal YamlValue? Find(string key)
    {
        foreach (var entry in Entries)
        {
            if (entry.Key == key)
            {
                return entry.Value.IsNull ? null : entry.Value;
            }
        }

        return null;
    }
}

/// <summary>A key of a mapping, and its value.</summary>
internal readonly record struct YamlEntry(string Key, YamlPosition KeyPosition, YamlValue Value);
