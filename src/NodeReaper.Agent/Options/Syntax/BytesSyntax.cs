using NodeReaper.Agent.Kubernetes;
using NodeReaper.Agent.Yaml;

namespace NodeReaper.Agent.Options.Syntax;

/// <summary>A number of bytes as a Kubernetes quantity; with <paramref name="suffix"/> behind it where it is a rate.</summary>
internal sealed class BytesSyntax(long min, long max, string suffix = "") : ScalarSyntax<long>
{
    /// <summary>More than any node has: a petabyte.</summary>
    internal const long Most = 1L << 50;

    internal override string Expected => $"a quantity from {Write(min)} to {Write(max)}, such as 100Mi{suffix} or 1Gi{suffix}";

    internal override string Range => $"{Write(min)} to {Write(max)}";

    internal override ValueSchema Schema => new()
    {
        Types = ["string", "integer"],
        Pattern = suffix.Length > 0 ? $"({Quantity.BytesPattern})({suffix})?" : Quantity.BytesPattern,
        Minimum = min,
        Maximum = max,
    };

    internal override string Write(long value) => Quantity.Write(value) + suffix;

    protected override long Parse(YamlScalar scalar, out string? error)
    {
        var text = suffix.Length > 0 && scalar.Text.EndsWith(suffix, StringComparison.Ordinal) ? scalar.Text[..^suffix.Length] : scalar.Text;
        error = Check(text, min, max, out var bytes);
        error = error is null ? null : $"{scalar.Noun} {error}; give {Expected}";
        return bytes;
    }

    /// <summary>Reads a quantity of bytes.</summary>
    /// <returns>What is wrong with it; null when nothing is.</returns>
    internal static string? Check(string text, long min, long max, out long bytes)
    {
        if (!Quantity.TryParseBytes(text, out bytes))
        {
            return text.StartsWith('-') ? "is negative" : "is not a quantity";
        }

        // 500m is valid, half a byte, and never meant.
        return text[^1] is 'm' or 'u' or 'n' ? $"is less than a byte is worth: {text[^1]} divides; M and Mi multiply"
            : bytes < min || bytes > max ? $"({bytes} bytes) is out of range"
            : null;
    }
}
