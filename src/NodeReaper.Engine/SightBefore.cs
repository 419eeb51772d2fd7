using System.Diagnostics;
using NodeReaper.Engine.Pressure;
using NodeReaper.Engine.Recording;

namespace NodeReaper.Engine;

/// <summary>What was seen of the node, or of a slice, in the seconds before something happened to it.</summary>
/// <param name="Lowest">The reading with the least available memory.</param>
/// <param name="LongestGap">The longest time between two readings.</param>
internal readonly record struct SightBefore(PressureReading Lowest, TimeSpan LongestGap)
{
    // The kernel's counter of kills is read twice a second.
    private static readonly long s_back = 2 * Stopwatch.Frequency;

    /// <summary>Looks back, over the last seconds and to the reading before them. Allocates nothing.</summary>
    /// <param name="samples">The samples.</param>
    /// <param name="last">The reading that told of it, which need not be among them yet.</param>
    /// <param name="slicePath">The slice; null for the node.</param>
    internal static SightBefore Of(SampleRing samples, in PressureReading last, string? slicePath)
    {
        var lowest = last;
        var later = last.Timestamp;
        long gap = 0;
        for (var number = samples.Count - 1; later > last.Timestamp - s_back && samples.TryRead(number, out var sample); number--)
        {
            if (sample.SlicePath == slicePath)
            {
                gap = Math.Max(gap, later - sample.Reading.Timestamp);
                later = sample.Reading.Timestamp;
                lowest = sample.Reading.Memory.AvailableBytes < lowest.Memory.AvailableBytes ? sample.Reading : lowest;
            }
        }

        return new SightBefore(lowest, TimeSpan.FromSeconds((double)gap / Stopwatch.Frequency));
    }
}
