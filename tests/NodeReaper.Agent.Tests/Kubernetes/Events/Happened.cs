using NodeReaper.Agent.Kubernetes.Events;

namespace NodeReaper.Agent.Tests.Kubernetes.Events;

/// <summary>Things that happened.</summary>
internal static class Happened
{
    internal static readonly DateTimeOffset Time = new(2026, 7, 1, 10, 0, 0, TimeSpan.Zero);

    internal static ClusterEvent To(string pod, string reason = "Reaped", int secondsLater = 0) => new(
        reason,
        "Kill",
        IsWarning: true,
        ObjectReference.OfPod("shop", pod, $"uid-{pod}", "spec.containers{app}"),
        ObjectReference.OfNode("node-1"),
        $"killed shop/{pod}[app]",
        Time.AddSeconds(secondsLater));
}
