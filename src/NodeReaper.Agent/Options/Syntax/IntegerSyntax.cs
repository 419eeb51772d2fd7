using System.Globalization;
using NodeReaper.Agent.Yaml;

namespace NodeReaper.Agent.Options.Syntax;

/// <summary>A whole number.</summary>
internal sealed class IntegerSyntax(int min, int max) : ScalarSyntax<int>
{
    internal override string Expected =>
        string.Create(CultureInfo.InvariantCulture, $"a whole number from {min} to {max}");

    internal override string Range => (min, max) is (int.MinValue, int.MaxValue)
        ? "whole number"
        : string.Create(CultureInfo.InvariantCulture, $"{min} to {max}");

    internal override ValueSchema Schema => new() { Types = ["integer"], Minimum = min, Maximum = max };

    internal override string Write(int value) => value.ToString(CultureInfo.InvariantCulture);

    protected override int Parse(YamlScalar scalar, out string? error)
    {
        var isNumber = int.TryParse(scalar.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value);
        error = !isNumber || !scalar.IsPlain ? $"{scalar.Noun} is not {Expected}, without quotes"
            : value < min || value > max ? $"{scalar.Text} is out of range; give {Expected}"
            : null;
        return value;
    }
}
