using System.Globalization;
using NodeReaper.Agent.Reporting;
using NodeReaper.Engine.Killing;

namespace NodeReaper.Agent.Kubernetes.Events;

/// <summary>A way in which the agent protects less well than it could, for as long as it lasts.</summary>
/// <param name="Action">What it cannot do well: the action of the Event, and what tells two of them apart.</param>
/// <param name="Note">The sentence for people, with what to do about it.</param>
internal sealed record Degradation(string Action, string Note)
{
    // A watch that is silent is given up after 3 minutes, and tried again after a minute at most.
    private static readonly TimeSpan s_stale = TimeSpan.FromMinutes(10);

    /// <summary>All that hold at this moment.</summary>
    internal static IEnumerable<Degradation> All(AgentState state)
    {
        if (state.HasPodSource && (state.PodsAge ?? state.Uptime) >= s_stale)
        {
            yield return new Degradation("ReadPods", state.PodsAge is { } age
                ? string.Create(
                    CultureInfo.InvariantCulture,
                    $"the Pods are those of {age.TotalMinutes:0} min ago, and newer ones are known by their cgroup paths alone; see the agent's log")
                : "the Pods are known by their cgroup paths alone, without priorities and annotations; see the agent's log");
        }

        if (!state.HasStallAlarm)
        {
            yield return new Degradation("WatchStalls", "no PSI alarm: MemAvailable alone is watched; nodereaper doctor says what to do");
        }

        if (state.Strategy is KillStrategy.Release or KillStrategy.Signal && state.Strategy != state.WantedStrategy)
        {
            yield return new Degradation(
                "HoldVictims",
                $"victims are not held, so that their memory may come back late: of the strategies only {CamelCase.Of(state.Strategy)} passed its "
                + "self-test; nodereaper doctor says what to do");
        }

        if (state.FailedReadings > 0)
        {
            yield return new Degradation("ReadSignals", $"{state.FailedReadings} reading(s) of the memory signals failed just now: a shortage may be seen late");
        }

        if (state.HealthProblem is { } problem)
        {
            yield return new Degradation("Watch", $"nobody is protected: {problem}");
        }
    }
}
