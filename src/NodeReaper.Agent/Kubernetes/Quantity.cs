using System.Text.RegularExpressions;
using k8s.Models;

namespace NodeReaper.Agent.Kubernetes;

/// <summary>
/// Reads Kubernetes quantities (<c>128974848</c>, <c>100Mi</c>, <c>0.5Gi</c>, <c>1e3</c>, <c>1500m</c>) and writes them.
/// The arithmetic is that of the Kubernetes client; the grammar is checked here, because the client also takes
/// <c>1/3</c> and <c>1,000</c>, and computes exponents of any size.
/// </summary>
internal static partial class Quantity
{
    // apimachinery, pkg/api/resource/quantity.go: larger quantities are capped, more precise ones rounded up.
    private const decimal Largest = long.MaxValue;
    private const decimal Smallest = 0.000_000_001m;

    /// <summary>What a quantity of bytes looks like, without the units that divide.</summary>
    internal const string BytesPattern = Number + "([KMGTPE]i|[kMGTPE]|" + Exponent + ")?";

    // 40 digits and exponents of two digits are far beyond what can be meant, and cost nothing to compute.
    private const string Number = @"\+?([0-9]{1,40}(\.[0-9]{0,40})?|\.[0-9]{1,40})";
    private const string Exponent = "[eE][+-]?[0-9]{1,2}";

    /// <summary>Reads a quantity that is not negative.</summary>
    /// <param name="text">The quantity.</param>
    /// <param name="value">Its value in base units (bytes, cores), rounded up to billionths, at most 2^63-1.</param>
    /// <returns>False when it is malformed or negative.</returns>
    internal static bool TryParse(string text, out decimal value)
    {
        value = 0;
        if (!Grammar().IsMatch(text))
        {
            return false;
        }

        try
        {
            value = new ResourceQuantity(text).ToDecimal();
        }
        catch (OverflowException)
        {
            value = Largest;
            return true;
        }

        value = value >= Largest ? Largest : decimal.Ceiling(value / Smallest) * Smallest;
        if (value == 0 && !Zero().IsMatch(text))
        {
            value = Smallest;
        }

        return true;
    }

    /// <summary>Reads a quantity of bytes.</summary>
    /// <param name="text">The quantity.</param>
    /// <param name="bytes">In bytes, fractions rounded up.</param>
    /// <returns>False when it is malformed or negative.</returns>
    internal static bool TryParseBytes(string text, out long bytes)
    {
        var isQuantity = TryParse(text, out var value);
        bytes = BytesOf(value);
        return isQuantity;
    }

    /// <summary>A quantity in whole bytes, rounded up as Kubernetes does.</summary>
    internal static long BytesOf(decimal value) => (long)decimal.Ceiling(value);

    /// <summary>Writes bytes with the largest unit that needs no fraction.</summary>
    internal static string Write(long bytes) => new ResourceQuantity(bytes, 0, ResourceQuantity.SuffixFormat.BinarySI).ToString();

    [GeneratedRegex(@"\A" + Number + "([KMGTPE]i|[numkMGTPE]|" + Exponent + @")?\z")]
    private static partial Regex Grammar();

    [GeneratedRegex(@"\A\+?[0.]+([^0-9.]|\z)")]
    private static partial Regex Zero();
}
