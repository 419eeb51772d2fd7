using System.Globalization;
using NodeReaper.Agent.Yaml;

namespace NodeReaper.Agent.Kubernetes;

/// <summary>A mapping in a manifest. Its fields are read by the type they must have; another is refused with its path.</summary>
/// <param name="Fields">The mapping.</param>
/// <param name="Path">Where it is in the manifest, such as <c>spec.containers[0]</c>; empty for the manifest itself.</param>
/// <param name="Refuse">Takes a field that is wrong: its line, and what is wrong.</param>
internal sealed record ManifestObject(YamlMapping Fields, string Path, Action<int, string> Refuse)
{
    /// <summary>Where it starts, from 1.</summary>
    internal int Line => Fields.Position.Line;

    /// <summary>The line of a field, or of the mapping when it has none such.</summary>
    internal int LineOf(string key) => Fields.Find(key)?.Position.Line ?? Line;

    /// <summary>The longest name in Kubernetes (RFC 1123 subdomain), in characters.</summary>
    internal const int MaxTextLength = 253;

    /// <summary>Text, of whatever type YAML would have it: a namespace may be called 1234.</summary>
    internal string? Text(string key)
    {
        switch (Fields.Find(key))
        {
            case null or YamlScalar { Text: "" }:
                return null;
            case YamlScalar { Text.Length: <= MaxTextLength } scalar when !scalar.Text.Any(char.IsControl):
                return scalar.Text;
            case var other:
                RefuseType(key, other, $"text of one line and at most {MaxTextLength} characters");
                return null;
        }
    }

    /// <summary>A whole number of 32 bits.</summary>
    internal int? Integer(string key) => (int?)WholeNumber(key, int.MinValue, int.MaxValue);

    /// <summary>A whole number.</summary>
    internal long? WholeNumber(string key, long least = long.MinValue, long most = long.MaxValue)
    {
        var value = Fields.Find(key);
        if (value is null)
        {
            return null;
        }

        if (value is YamlScalar scalar
            && long.TryParse(scalar.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            && number >= least
            && number <= most)
        {
            return number;
        }

        RefuseType(key, value, "a whole number");
        return null;
    }

    /// <summary>A quantity in base units; see <see cref="Quantity"/>.</summary>
    internal decimal? QuantityOf(string key)
    {
        var value = Fields.Find(key);
        if (value is null)
        {
            return null;
        }

        if (value is YamlScalar scalar && Quantity.TryParse(scalar.Text, out var quantity))
        {
            return quantity;
        }

        RefuseType(key, value, "a quantity that is not negative, such as 500m or 100Mi");
        return null;
    }

    /// <summary>A mapping.</summary>
    internal ManifestObject? Object(string key)
    {
        switch (Fields.Find(key))
        {
            case null:
                return null;
            case YamlMapping mapping:
                return new ManifestObject(mapping, PathOf(key), Refuse);
            case var other:
                RefuseType(key, other, "a mapping");
                return null;
        }
    }

    /// <summary>A list of mappings; empty when there is no such field.</summary>
    internal IEnumerable<ManifestObject> Objects(string key)
    {
        var value = Fields.Find(key);
        if (value is not YamlList list)
        {
            if (value is not null)
            {
                RefuseType(key, value, "a list");
            }

            yield break;
        }

        for (var i = 0; i < list.Items.Count; i++)
        {
            var item = string.Create(CultureInfo.InvariantCulture, $"{key}[{i}]");
            if (list.Items[i] is YamlMapping mapping)
            {
                yield return new ManifestObject(mapping, PathOf(item), Refuse);
            }
            else
            {
                RefuseType(item, list.Items[i], "a mapping");
            }
        }
    }

    /// <summary>The full path of a field.</summary>
    internal string PathOf(string key) => Path.Length > 0 ? $"{Path}.{key}" : key;

    private void RefuseType(string key, YamlValue value, string expected) =>
        Refuse(value.Position.Line, $"{PathOf(key)} is {value.Noun}; it must be {expected}");
}
