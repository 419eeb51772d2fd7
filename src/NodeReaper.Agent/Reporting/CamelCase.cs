using System.Globalization;

namespace NodeReaper.Agent.Reporting;

/// <summary>Writes enum members as JSON and the policy file write names.</summary>
internal static class CamelCase
{
    internal static string Of<T>(T value)
        where T : struct, Enum
    {
        var name = value.ToString();
        return string.Create(CultureInfo.InvariantCulture, $"{char.ToLowerInvariant(name[0])}{name.AsSpan(1)}");
    }
}
