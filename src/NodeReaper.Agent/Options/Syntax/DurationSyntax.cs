using System.Globalization;
using NodeReaper.Agent.Commands;
using NodeReaper.Agent.Yaml;

namespace NodeReaper.Agent.Options.Syntax;

/// <summary>A duration with its unit.</summary>
internal sealed class DurationSyntax(TimeSpan min, TimeSpan max) : ScalarSyntax<TimeSpan>
{
    private const string Pattern = @"([0-9]+\.?[0-9]*|\.[0-9]+)(us|ms|s|m|h)";

    private static readonly string[] s_units = ["ms", "s", "m", "h"];

    internal override string Expected => $"a duration from {Text(min)} to {Text(max)}, such as 150ms, 1s or 2m";

    internal override string Range => $"{Text(min)} to {Text(max)}";

    // Zero needs no unit.
    internal override ValueSchema Schema => min > TimeSpan.Zero
        ? new() { Types = ["string"], Pattern = Pattern }
        : new() { Types = ["string", "integer"], Pattern = $"0|{Pattern}", Minimum = 0, Maximum = 0 };

    internal override string Write(TimeSpan value) => Text(value);

    protected override TimeSpan Parse(YamlScalar scalar, out string? error)
    {
        // Zero is the same in every unit.
        var text = scalar.Text == "0" ? "0s" : scalar.Text;
        if (!DurationOption.TryParse(text, out var value))
        {
            error = double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out _)
                ? $"{text} has no unit; {WithUnit(text)}"
                : $"{scalar.Noun} is not a duration; give {Expected}";
            return default;
        }

        error = value < min || value > max ? $"{text} is out of range; give {Text(min)} to {Text(max)}" : null;
        return value;
    }

    // Only what would not be refused in its turn.
    private string WithUnit(string number)
    {
        var inRange = s_units.Select(unit => number + unit)
            .Where(text => DurationOption.TryParse(text, out var value) && value >= min && value <= max)
            .ToList();
        return inRange.Count == 0 ? $"give {Expected}" : $"write {string.Join(" or ", inRange)}";
    }

    /// <summary>Writes a duration in the largest unit that needs no fraction.</summary>
    internal static string Text(TimeSpan value)
    {
        (TimeSpan Length, string Name)[] units =
        [
            (TimeSpan.FromHours(1), "h"), (TimeSpan.FromMinutes(1), "m"), (TimeSpan.FromSeconds(1), "s"), (TimeSpan.FromMilliseconds(1), "ms"),
        ];
        foreach (var (length, name) in units)
        {
            if (value >= length && value.Ticks % length.Ticks == 0)
            {
                return string.Create(CultureInfo.InvariantCulture, $"{value.Ticks / length.Ticks}{name}");
            }
        }

        return value == TimeSpan.Zero ? "0s" : string.Create(CultureInfo.InvariantCulture, $"{value.TotalMicroseconds}us");
    }
}
