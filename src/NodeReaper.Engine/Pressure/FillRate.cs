using System.Diagnostics;

namespace NodeReaper.Engine.Pressure;

/// <summary>
/// How fast memory is being used up: the loss of MemAvailable over the last 100 ms or, when samples are further
/// apart, since the last one. A single pair of close samples would mostly show the kernel's own batching.
/// </summary>
public struct FillRate
{
    private const int Kept = 16;
    private static readonly long s_span = Stopwatch.Frequency / 10;

    private Samples _times;
    private Samples _available;
    private long _count;

    /// <summary>Takes a sample and gives the rate.</summary>
    /// <param name="timestamp">When, in ticks of <see cref="Stopwatch"/>; later than the last.</param>
    /// <param name="availableBytes">MemAvailable in bytes.</param>
    /// <returns>Bytes a second; 0 when memory did not shrink, or on the first sample.</returns>
    public long Add(long timestamp, long availableBytes)
    {
        long rate = 0;
        for (var back = 1; back <= Math.Min(_count, Kept); back++)
        {
            var slot = (int)((_count - back) % Kept);
            var elapsed = timestamp - _times[slot];
            if (elapsed <= 0)
            {
                continue;
            }

            rate = (long)((_available[slot] - availableBytes) * (double)Stopwatch.Frequency / elapsed);
            if (elapsed >= s_span)
            {
                break;
            }
        }

        var next = (int)(_count % Kept);
        _times[next] = timestamp;
        _available[next] = availableBytes;
        _count++;
        return Math.Max(0, rate);
    }

    [System.Runtime.CompilerServices.InlineArray(Kept)]
    private struct Samples
    {
        private long _first;
    }
}
