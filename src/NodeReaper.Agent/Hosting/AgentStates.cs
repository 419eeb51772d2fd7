using System.Diagnostics;
using NodeReaper.Agent.Http;
using NodeReaper.Agent.Kubernetes.Events;

namespace NodeReaper.Agent.Hosting;

/// <summary>Puts together what the agent knows of itself.</summary>
internal sealed class AgentStates(RunSettings settings, PressureService pressure, PodBoard pods, PolicyBoard policies)
{
    /// <summary>What /healthz says; null when all is well.</summary>
    internal string? HealthProblem => Health.Problem(pressure.Failure, pressure.Running?.Watch.Heartbeat, policies.Newest);

    /// <summary>The state at this moment; null before the watch begins and after it ends.</summary>
    internal AgentState? Look()
    {
        if (pressure.Running is not { } running)
        {
            return null;
        }

        return new AgentState(
            Stopwatch.GetElapsedTime(running.Since),
            pods.Age,
            settings.Pods is not null,
            running.Watch.HasStallAlarm,
            running.Strategy,
            settings.Policy.Kill.Strategy,
            running.Gauges.ReadingFailures,
            running.Gauges.IsReadingFailing,
            HealthProblem);
    }
}
