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

    /// <summary>What it gets by the stage that asks containers to end: what its Pod asked for, has by its spec, or else what the policy says.</summary>
    /// <param name="candidate">The container.</param>
    /// <param name="policy">The policy.</param>
    public static TimeSpan AtTerminate(in Candidate candidate, StagePolicy policy)
    {
        // Then its Pod is not heard at all.
        if (policy.MaxGrace == TimeSpan.Zero)
        {
            return policy.Grace;
        }

        var grace = Wished(candidate, policy) ?? candidate.Pod?.TerminationGracePeriod ?? policy.Grace;
        return TimeSpan.FromTicks(Math.Min(grace.Ticks, policy.MaxGrace.Ticks));
    }

    /// <summary>As much of that as there is time for.</summary>
    /// <param name="occasion">The signals.</param>
    /// <param name="candidate">The container.</param>
    /// <param name="policy">The policy.</param>
    /// <returns>Null when there is no time for it.</returns>
    public static TimeSpan? ThatFits(in Occasion occasion, in Candidate candidate, StagePolicy policy)
    {
        var grace = AtTerminate(candidate, policy);
        if (Fits(occasion, candidate, grace))
        {
            return grace;
        }

        // What is in a spec is no wish for all or nothing: less than that is better than no SIGTERM.
        return Wished(candidate, policy) is null && policy.Grace < grace && Fits(occasion, candidate, policy.Grace) ? policy.Grace : null;
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
