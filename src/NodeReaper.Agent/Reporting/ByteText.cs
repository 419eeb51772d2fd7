using System.Globalization;

namespace NodeReaper.Agent.Reporting;

/// <summary>Writes amounts of memory as people of this field read them.</summary>
internal static class ByteText
{
    private static readonly string[] s_units = ["B", "KiB", "MiB", "GiB", "TiB"];

    internal static string Of(long bytes)
    {
        double value = bytes;
        var unit = 0;
        while (Math.Abs(value) >= 1024 && unit < s_units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        return string.Create(CultureInfo.InvariantCulture, $"{value:0.#} {s_units[unit]}");
    }
}
