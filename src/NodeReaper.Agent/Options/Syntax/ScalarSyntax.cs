using NodeReaper.Agent.Yaml;

namespace NodeReaper.Agent.Options.Syntax;

/// <summary>A value that is one word.</summary>
internal abstract class ScalarSyntax<T> : KeySyntax<T>
{
    internal sealed override T? Read(YamlValue value, Action<YamlPosition, string> refuse)
    {
        if (value is YamlScalar { IsNull: false } scalar)
        {
            if (Parse(scalar, out var error) is var parsed && error is null)
            {
                return parsed;
            }

            refuse(value.Position, error!);
        }
        else
        {
            refuse(value.Position, value.IsNull ? $"has no value; give {Expected}, or remove the line for the default" : $"is {value.Noun}; give {Expected}");
        }

        return default;
    }

    /// <summary>Reads the word.</summary>
    /// <param name="scalar">The word.</param>
    /// <param name="error">What is wrong with it, and the fix; null when nothing is.</param>
    protected abstract T? Parse(YamlScalar scalar, out string? error);
}
