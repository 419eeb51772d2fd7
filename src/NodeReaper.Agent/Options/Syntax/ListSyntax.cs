using NodeReaper.Agent.Yaml;

namespace NodeReaper.Agent.Options.Syntax;

/// <summary>A list, each item at most once.</summary>
internal sealed class ListSyntax<T>(KeySyntax<T> items, bool mayBeEmpty) : KeySyntax<IReadOnlyList<T>>
    where T : class
{
    internal override string Expected => $"a list{(mayBeEmpty ? "" : " that is not empty")}, each item {items.Expected}";

    internal override string Range => $"list of {items.Range}{(mayBeEmpty ? "" : "; not empty")}";

    internal override ValueSchema Schema => new() { Types = ["array"], Items = items.Schema, IsFilled = !mayBeEmpty };

    internal override IReadOnlyList<T>? Read(YamlValue value, Action<YamlPosition, string> refuse)
    {
        if (value is not YamlList list)
        {
            refuse(value.Position, $"is {value.Noun}; give {Expected}");
            return null;
        }

        if (list.Items.Count == 0 && !mayBeEmpty)
        {
            refuse(value.Position, $"is empty; give {Expected}, or remove the line for the default");
        }

        var seen = new HashSet<T>();
        var read = new List<T>(list.Items.Count);
        foreach (var item in list.Items)
        {
            if (items.Read(item, refuse) is not { } given)
            {
                continue;
            }

            if (seen.Add(given))
            {
                read.Add(given);
            }
            else
            {
                refuse(item.Position, $"{item.Noun} is in the list twice; remove one");
            }
        }

        return read;
    }

    internal override string Write(IReadOnlyList<T> value) => $"[{string.Join(", ", value.Select(items.Write))}]";
}
