using System.Globalization;

namespace NodeReaper.Engine.Candidates;

/// <summary>
/// What the annotation <c>nodereaper.io/kill-priority</c> says: an integer from -1000 to 1000, higher dies first, or
/// <c>never</c>, which asks for protection.
/// </summary>
/// <param name="Value">-1000 to 1000; 0 when <paramref name="IsNever"/>.</param>
/// <param name="IsNever">True for <c>never</c>.</param>
public readonly record struct KillPriority(int Value, bool IsNever)
{
    /// <summary>The lowest number that can be asked for.</summary>
    public const int Min = -1000;

    /// <summary>The highest number that can be asked for.</summary>
    public const int Max = 1000;

    /// <summary>No wish: 0.</summary>
    public static readonly KillPriority Default;

    /// <summary>The wish to be protected.</summary>
    public static readonly KillPriority Never = new(0, true);

    /// <summary>True when the wish makes its Pod safer than others, which only the administrator can grant.</summary>
    public bool AsksForProtection => IsNever || Value < 0;

    /// <summary>Reads an annotation value. No spaces, no plus sign, no fraction.</summary>
    /// <param name="text">The value.</param>
    /// <param name="priority">What it says; 0 when it is malformed.</param>
    /// <returns>False when it is malformed.</returns>
    public static bool TryParse(string text, out KillPriority priority)
    {
        priority = Default;
        if (text == "never")
        {
            priority = Never;
            return true;
        }

        if (!int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
            || value is < Min or > Max
            || text.StartsWith('+')

            // The parser passes over zero bytes at the end.
            || text.EndsWith('\0'))
        {
            return false;
        }

        priority = new KillPriority(value, false);
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => IsNever ? "never" : Value.ToString(CultureInfo.InvariantCulture);
}
