using NodeReaper.Engine.Assessment;
using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Pressure;
using NodeReaper.Engine.Reporting;

namespace NodeReaper.Engine.Planning;

/// <summary>
/// How far down the ranking a plan may reach: no further than to the end of the first group whose deaths end the shortage, though they may not
/// cover all that is missing up to the mark to recover to. Behind it are those of a higher priority, without blame, or within their request, and
/// one of them would die in place of all who are ranked before it. The next look tells whether it was enough. Pure functions.
/// </summary>
internal static class PlanReach
{
    // Of whoever took the memory, no more is asked than to leave some room: with it, the growth ends.
    private const int CauseShare = 4;

    /// <summary>Looks for the end of it.</summary>
    /// <param name="snapshot">The candidates.</param>
    /// <param name="order">The ranking.</param>
    /// <param name="occasion">The shortage.</param>
    /// <param name="missingBytes">What is missing, in bytes.</param>
    /// <param name="comingBytes">What is on its way back, in bytes; not part of the former.</param>
    /// <returns>
    /// How many of the ranking are within reach, and how much their deaths are to cover, in bytes, with somebody among them who is the cause, and without:
    /// less than is missing where they cannot.
    /// </returns>
    internal static (int Count, long Bytes, long BytesWithoutCause) Of(
        CandidateSnapshot snapshot, ReadOnlySpan<int> order, in Occasion occasion, long missingBytes, long comingBytes)
    {
        var all = snapshot.All;
        var (relief, first, hasCause) = (0L, 0, false);
        for (var place = 0; place <= order.Length; place++)
        {
            if (place == order.Length || DeservesLess(all[order[place]], all[order[first]]))
            {
                var without = Math.Clamp(EnoughBytes(occasion, hasCause: false) - comingBytes, 1, missingBytes);
                var enough = Math.Clamp(EnoughBytes(occasion, hasCause) - comingBytes, 1, missingBytes);
                if (relief >= enough || place == order.Length)
                {
                    return (place, enough, without);
                }

                first = place;
            }

            relief += CommonRelief.Added(all, order[place], order[..place]);
            hasCause |= all[order[place]].IsCause;
            if (relief >= missingBytes)
            {
                break;
            }
        }

        return (order.Length, missingBytes, missingBytes);
    }

    /// <summary>What a kill should bring, in bytes: half of what lies between the two marks.</summary>
    /// <param name="limits">The marks.</param>
    internal static long WorthBytes(in PressureLimits limits) => (limits.RecoverToBytes - limits.KillBelowBytes) / 2;

    /// <summary>True when one is of a lower kill priority than another that is ranked before it, or a higher PriorityClass, without its blame, or within its request.</summary>
    /// <param name="one">The one.</param>
    /// <param name="other">The other.</param>
    internal static bool DeservesLess(in Candidate one, in Candidate other) =>
        one.KillPriority < other.KillPriority
        || one.PodPriority > other.PodPriority
        || (other.IsCause && !one.IsCause)
        || (other.OverRequestBytes > 0 && one.OverRequestBytes == 0);

    /// <summary>What ends a shortage for now, in bytes: it leaves some room above the mark, and more of it while whoever took the memory goes on.</summary>
    /// <param name="occasion">The shortage.</param>
    /// <param name="hasCause">True when who took it dies.</param>
    internal static long EnoughBytes(in Occasion occasion, bool hasCause)
    {
        var (limits, reading) = (occasion.Limits, occasion.Reading);
        var worth = WorthBytes(limits) / (hasCause ? CauseShare : 1);
        var fill = hasCause ? 0 : TimeLeftSignal.UsedUpBytes(reading, limits);
        return Math.Max(Math.Max(1, fill), Math.Max(worth, limits.KillBelowBytes + worth - reading.Memory.AvailableBytes));
    }
}
