namespace NodeReaper.Agent.Yaml;

/// <summary>
/// Which keys of a document are read; the others are skipped as they pass, so that a large manifest costs only what is
/// asked of it. A list has the shape of its items.
/// </summary>
internal sealed class YamlShape
{
    private readonly Func<string, YamlShape?> _shapeOf;

    private YamlShape(Func<string, YamlShape?> shapeOf) => _shapeOf = shapeOf;

    /// <summary>All that there is.</summary>
    internal static YamlShape Everything { get; } = new(_ => Everything);

    /// <summary>These keys, and all that is below them where they are given without a shape.</summary>
    internal static YamlShape Keys(params (string Key, YamlShape? Shape)[] keys)
    {
        var shapes = keys.ToDictionary(key => key.Key, key => key.Shape ?? Everything, StringComparer.Ordinal);
        return new YamlShape(shapes.GetValueOrDefault);
    }

    /// <summary>Every key that passes.</summary>
    internal static YamlShape KeysWhere(Predicate<string> passes) => new(key => passes(key) ? Everything : null);

    /// <summary>This shape, and one key more.</summary>
    internal YamlShape And(string key, YamlShape shape) => new(asked => asked == key ? shape : Of(asked));

    /// <summary>The shape of what is behind a key.</summary>
    /// <returns>Null when it is to be skipped.</returns>
    internal YamlShape? Of(string key) => _shapeOf(key);
}
