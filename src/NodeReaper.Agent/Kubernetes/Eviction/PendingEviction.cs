using NodeReaper.Engine.Candidates;

namespace NodeReaper.Agent.Kubernetes.Eviction;

/// <summary>An eviction that is under way.</summary>
/// <param name="Namespace">The Pod's.</param>
/// <param name="Name">The Pod's.</param>
/// <param name="Uid">The Pod's: another of the same name stays.</param>
/// <param name="Why">The end of the sentence for people.</param>
/// <param name="Since">When it was begun, by the wall clock.</param>
internal sealed record PendingEviction(string Namespace, string Name, string Uid, string Why, DateTimeOffset Since)
{
    /// <summary>The eviction of a Pod.</summary>
    internal static PendingEviction Of(PodFacts pod, string why, DateTimeOffset since) => new(pod.Namespace, pod.Name, pod.Uid, why, since);
}
