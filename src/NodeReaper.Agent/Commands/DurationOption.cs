using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace NodeReaper.Agent.Commands;

/// <summary>An option that takes a duration with its unit, such as <c>500ms</c>, <c>2s</c> or <c>1m</c>.</summary>
internal static class DurationOption
{
    internal static Option<TimeSpan> Create(string name, TimeSpan byDefault, TimeSpan atLeast, TimeSpan atMost, string description) => new(name)
    {
        Description = description,
        HelpName = "DURATION",
        DefaultValueFactory = _ => byDefault,
        CustomParser = result => Parse(result, name, atLeast, atMost),
    };

    internal static bool TryParse(string text, out TimeSpan duration)
    {
        var unit = text.AsSpan().TrimStart("0123456789.");
        var scale = unit switch
        {
            "us" => TimeSpan.FromMicroseconds(1),
            "ms" => TimeSpan.FromMilliseconds(1),
            "s" => TimeSpan.FromSeconds(1),
            "m" => TimeSpan.FromMinutes(1),
            "h" => TimeSpan.FromHours(1),
            _ => TimeSpan.Zero,
        };
        var number = text.AsSpan(0, text.Length - unit.Length);
        if (scale == TimeSpan.Zero
            || !double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value)
            || value * scale.TotalDays > 365)
        {
            duration = default;
            return false;
        }

        duration = value * scale;
        return true;
    }

    private static TimeSpan Parse(ArgumentResult result, string name, TimeSpan atLeast, TimeSpan atMost)
    {
        var text = result.Tokens[0].Value;
        if (!TryParse(text, out var duration))
        {
            result.AddError($"{name}: '{text}' is not a duration; give a number and a unit: us, ms, s, m or h, such as 500ms");
        }
        else if (duration < atLeast || duration > atMost)
        {
            result.AddError($"{name}: {text} is out of range; give {atLeast.TotalMilliseconds} ms to {atMost.TotalSeconds} s");
        }

        return duration;
    }
}
