using System.Buffers;

namespace NodeReaper.Agent.Kubernetes.Api;

/// <summary>
/// Finds where a JSON object ends without looking into it, each byte once, in however many parts it comes. Whether it is JSON is found out by
/// whoever reads it.
/// </summary>
internal struct ObjectScan
{
    private static readonly SearchValues<byte> s_inText = SearchValues.Create("\"\\"u8);
    private static readonly SearchValues<byte> s_outside = SearchValues.Create("\"{}[]"u8);

    private int _depth;
    private bool _isInText;
    private bool _isEscaped;

    /// <summary>Takes the next part.</summary>
    /// <param name="part">What comes after the part before it.</param>
    /// <returns>How many bytes of it belong to the object; null when all do, and it goes on.</returns>
    internal int? Take(ReadOnlySpan<byte> part)
    {
        for (var at = 0; at < part.Length; at++)
        {
            if (_isEscaped)
            {
                _isEscaped = false;
                continue;
            }

            var next = part[at..].IndexOfAny(_isInText ? s_inText : s_outside);
            if (next < 0)
            {
                break;
            }

            at += next;
            switch (part[at])
            {
                case (byte)'"':
                    _isInText = !_isInText;
                    break;
                case (byte)'\\':
                    _isEscaped = true;
                    break;
                case (byte)'{' or (byte)'[':
                    _depth++;
                    break;
                default:
                    if (--_depth <= 0)
                    {
                        return at + 1;
                    }

                    break;
            }
        }

        return null;
    }
}
