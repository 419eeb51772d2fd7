using System.Diagnostics;
using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Reporting;

namespace NodeReaper.Engine.Stages;

/// <summary>How much time a container gets between SIGTERM and the kill. Pure functions.</summary>
public static class Grace
{
    /// <summary>What its Pod asked for, as far as the policy allows.</summary>
    /// <param name="candidate">The container.</param>
    /// <param name="policy">The policy.</param>
    /// <returns>Null when it asked for nothing, or is not heard.</returns>
    public static TimeSpan? Wished(in Candidate candidate, StagePolicy policy)
    {
        var wish = candidate.Pod?.GracePeriod ?? TimeSpan.Zero;
        return wish > TimeSpan.Zero && policy.MaxGrace > TimeSpan.Zero
            ? TimeSpan.FromTicks(Math.Min(wish.Ticks, policy.MaxGrace.Ticks))
            : null;
    }

    /// <summary>Tells whether what is available would last for so long, at the rate at which it shrinks and at which the container grows.</summary>
    /// <param name="occasion">The signals.</param>
    /// <param name="candidate">The container.</param>
    /// <param name="grace">The time.</param>
    public static bool Fits(in Occasion occasion, in Candidate candidate, TimeSpan grace)
    {
        var rate = Math.Max(occasion.Reading.FillBytesPerSecond, candidate.GrowthBytesPerSecond);
        return occasion.Reading.Memory.AvailableBytes >= rate * grace.TotalSeconds;
    }

    /// <summary>True while it was asked to end and still has time.</summary>
    /// <param name="container">The container.</param>
    /// <param name="now">The time, in ticks of <see cref="Stopwatch"/>.</param>
    public static bool Lasts(ContainerCgroup container, long now) => container.GraceEnds > now;

    /// <summary>True when it was asked to end, and its time is over.</summary>
    /// <param name="container">The container.</param>
    /// <param name="now">The time, in ticks of <see cref="Stopwatch"/>.</param>
    public static bool IsOver(ContainerCgroup container, long now) => container.GraceEnds > 0 && container.GraceEnds <= now;
}
