using System.Globalization;
using System.Text;

namespace NodeReaper.Agent.Recording;

/// <summary>
/// The check at the end of each line: a hash (FNV-1a) of all bytes up to there, so that a line that was changed, added or taken away shows.
/// It tells of accidents and of editors, and is no signature.
/// </summary>
internal sealed class LineCheck
{
    /// <summary>How long the end of a line is: the check and the brace.</summary>
    internal const int Length = 28;

    private ulong _hash = 14695981039346656037;

    /// <summary>What follows the line's JSON, its last brace left out.</summary>
    /// <param name="json">The JSON without that brace.</param>
    internal byte[] After(ReadOnlySpan<byte> json)
    {
        foreach (var value in json)
        {
            _hash = (_hash ^ value) * 1099511628211;
        }

        return Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $",\"check\":\"{_hash:x16}\"}}"));
    }
}
