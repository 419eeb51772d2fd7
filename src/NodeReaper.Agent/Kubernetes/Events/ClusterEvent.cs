namespace NodeReaper.Agent.Kubernetes.Events;

/// <summary>Something that happened to an object of the cluster, before it is made into an Event.</summary>
/// <param name="Reason">What, in one word that programs can rely on.</param>
/// <param name="Action">What was done, or tried.</param>
/// <param name="IsWarning">False for what is no trouble.</param>
/// <param name="Regarding">The object.</param>
/// <param name="Related">Another one that has to do with it.</param>
/// <param name="Note">The sentence for people.</param>
/// <param name="Time">When.</param>
internal sealed record ClusterEvent(
    string Reason, string Action, bool IsWarning, ObjectReference Regarding, ObjectReference? Related, string Note, DateTimeOffset Time)
{
    /// <summary>True when a tenant can cause as many of them as it likes.</summary>
    internal bool IsOfTenant { get; init; }

    /// <summary>
    /// What names the Event, for what happens once and may be told again by the next agent, which cannot know what this one came to tell; null for
    /// what can happen again.
    /// </summary>
    internal string? Once { get; init; }

    /// <summary>What tells it from others with the same reason on the same object; null for nothing.</summary>
    internal string? Detail { get; init; }

    /// <summary>What makes two of them the same thing that happened again.</summary>
    internal EventKey Key => new(Reason, Action, Regarding, Related, Detail);
}

/// <summary>What makes two Events the same thing that happened again.</summary>
internal sealed record EventKey(string Reason, string Action, ObjectReference Regarding, ObjectReference? Related, string? Detail);
