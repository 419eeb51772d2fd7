using System.Globalization;
using NodeReaper.Agent.Kubernetes;
using NodeReaper.Agent.Yaml;
using NodeReaper.Engine.Policy;

namespace NodeReaper.Agent.Options.Syntax;

/// <summary>An amount of memory: a Kubernetes quantity, or a percentage of the node's.</summary>
internal sealed class AmountSyntax(long min) : ScalarSyntax<MemoryAmount>
{
    internal override string Expected =>
        $"a quantity from {Quantity.Write(min)} to {Quantity.Write(BytesSyntax.Most)}, such as 500Mi, or a percentage of the node's memory, such as 5%";

    internal override string Range => $"{Quantity.Write(min)} to {Quantity.Write(BytesSyntax.Most)}, percentage";

    internal override ValueSchema Schema => new()
    {
        Types = ["string", "integer"],
        Pattern = $@"{Quantity.BytesPattern}|([0-9]+\.?[0-9]*|\.[0-9]+)%",
        Minimum = min,
        Maximum = BytesSyntax.Most,
    };

    internal override string Write(MemoryAmount value) =>
        value.PercentOfTotal > 0
            ? string.Create(CultureInfo.InvariantCulture, $"{value.PercentOfTotal:0.################}%")
            : Quantity.Write(value.Bytes);

    protected override MemoryAmount Parse(YamlScalar scalar, out string? error)
    {
        if (scalar.Text.EndsWith('%'))
        {
            var isNumber = double.TryParse(scalar.Text.AsSpan()[..^1], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var percent);
            error = !isNumber ? $"{scalar.Noun} is not a percentage; give {Expected}"
                : percent is <= 0 or > 100 ? $"{scalar.Text} is out of range; give more than 0% and at most 100%"
                : null;
            return MemoryAmount.OfPercent(percent);
        }

        error = BytesSyntax.Check(scalar.Text, min, BytesSyntax.Most, out var bytes);
        error = error is null ? null : $"{scalar.Noun} {error}; give {Expected}";
        return MemoryAmount.OfBytes(bytes);
    }
}
