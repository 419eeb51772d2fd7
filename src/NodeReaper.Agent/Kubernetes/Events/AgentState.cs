using NodeReaper.Engine.Killing;

namespace NodeReaper.Agent.Kubernetes.Events;

/// <summary>What the agent knows of itself.</summary>
/// <param name="Uptime">How long it has been watching.</param>
/// <param name="PodsAge">How long ago the Pods were last known to be as they are; null when nobody has told yet.</param>
/// <param name="HasPodSource">True when there is somebody to tell.</param>
/// <param name="HasStallAlarm">True when the kernel raises PSI alarms.</param>
/// <param name="Strategy">How it kills: what passed its self-test.</param>
/// <param name="WantedStrategy">How the policy wants it to kill.</param>
/// <param name="FailedReadings">How many readings of the signals failed since the agent began to watch.</param>
/// <param name="IsReadingFailing">True when the last one did.</param>
/// <param name="HealthProblem">What /healthz says; null when all is well.</param>
internal sealed record AgentState(
    TimeSpan Uptime,
    TimeSpan? PodsAge,
    bool HasPodSource,
    bool HasStallAlarm,
    KillStrategy Strategy,
    KillStrategy WantedStrategy,
    long FailedReadings,
    bool IsReadingFailing,
    string? HealthProblem);
