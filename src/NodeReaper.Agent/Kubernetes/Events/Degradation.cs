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

    private const string ReadPods = "ReadPods";
    private const string WatchStalls = "WatchStalls";
    private const string HoldVictims = "HoldVictims";
    private const string ReadSignals = "ReadSignals";
    private const string Watch = "Watch";

    /// <summary>What the label of the metric can say.</summary>
    internal static IEnumerable<string> Reasons => new[] { ReadPods, WatchStalls, HoldVictims, ReadSignals, Watch }.Select(ReasonOf);

    /// <summary>The action, as the label of the metric has it.</summary>
    internal string Reason => ReasonOf(Action);

    /// <summary>All that hold at this moment.</summary>
    /// <param name="state">The agent's state.</param>
    /// <param name="failuresBefore">How many readings had failed at the last look.</param>
    internal static IEnumerable<Degradation> All(AgentState state, long failuresBefore)
    {
        if (state.HasPodSource && (state.PodsAge ?? state.Uptime) >= s_stale)
        {
            yield return new Degradation(ReadPods, state.PodsAge is { } age
                ? string.Create(
                    CultureInfo.InvariantCulture,
                    $"the Pods are those of {age.TotalMinutes:0} min ago, and newer ones are known by their cgroup paths alone; see the agent's log")
                : "the Pods are known by their cgroup paths alone, without priorities and annotations; see the agent's log");
        }

        if (!state.HasStallAlarm)
        {
            yield return new Degradation(WatchStalls, "no PSI alarm: MemAvailable alone is watched; nodereaper doctor says what to do");
        }

        if (state.Strategy is KillStrategy.Release or KillStrategy.Signal && state.Strategy != state.WantedStrategy)
        {
            yield return new Degradation(
                HoldVictims,
                $"victims are not held, so that their memory may come back late: of the strategies only {CamelCase.Of(state.Strategy)} passed its "
                + "self-test; nodereaper doctor says what to do");
        }

        var failed = state.FailedReadings - failuresBefore;
        if (failed > 0 || state.IsReadingFailing)
        {
            yield return new Degradation(
                ReadSignals,
                (failed > 0 ? $"{failed} reading(s) of the memory signals failed just now" : "the last reading of the memory signals failed")
                + ": a shortage may be seen late");
        }

        if (state.HealthProblem is { } problem)
        {
            yield return new Degradation(Watch, $"nobody is protected: {problem}");
        }
    }

    private static string ReasonOf(string action) => string.Create(CultureInfo.InvariantCulture, $"{char.ToLowerInvariant(action[0])}{action.AsSpan(1)}");
}
