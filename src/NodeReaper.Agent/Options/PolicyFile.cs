using NodeReaper.Agent.Yaml;

namespace NodeReaper.Agent.Options;

/// <summary>Reads policy files. All that is wrong with one is told at once, and a bad one is refused whole.</summary>
internal static class PolicyFile
{
    /// <summary>The version of the format: it rises when a key goes away, or changes its name or what it means.</summary>
    internal const int FormatVersion = 1;

    /// <summary>The longest file that is taken, in bytes.</summary>
    internal const int MaxBytes = 1 << 20;

    /// <summary>Reads a file. A key that is not in it has its default; so has everything when it is empty.</summary>
    /// <param name="path">The file.</param>
    internal static PolicyLoad Load(string path) => Parse(path, TextFile.Read(path, MaxBytes));

    /// <summary>Reads a policy that was written by <see cref="EffectivePolicy"/>.</summary>
    /// <param name="name">What errors call it.</param>
    /// <param name="text">The text.</param>
    internal static PolicyLoad Parse(string name, string text) => Parse(name, System.Text.Encoding.UTF8.GetBytes(text));

    /// <summary>Reads a policy that is in no file.</summary>
    /// <param name="name">What errors call it.</param>
    /// <param name="text">The text, in UTF-8.</param>
    internal static PolicyLoad Parse(string name, ReadOnlyMemory<byte> text) => Parse(name, TextFile.Of(text, MaxBytes));

    private static PolicyLoad Parse(string path, in TextFile file)
    {
        if (file.Error is { } error)
        {
            return Refuse(path, [error]);
        }

        using var text = file.Open();
        var reader = new YamlTreeReader(text, YamlShape.Everything);
        var policy = new PolicyReader();
        if (reader.TryRead(out var root))
        {
            policy.Read(root);
            if (reader.TryRead(out var second))
            {
                policy.Refuse(second.Position, "", "a second document begins here; a policy file is one document");
            }
        }

        return reader.Errors.Count + policy.Errors.Count > 0
            ? Refuse(path, [.. reader.Errors, .. policy.Errors])
            : new PolicyLoad(policy.Options, [], policy.HasKeys);
    }

    private static PolicyLoad Refuse(string path, IEnumerable<YamlError> errors) => new(
        null,
        [
            .. errors
                .OrderBy(error => error.Position.Line)
                .ThenBy(error => error.Position.Column)
                .Select(error => new ConfigError(path, error.Position, error.Key, error.Message)),
        ],
        HasKeys: false);
}
