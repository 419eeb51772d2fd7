namespace NodeReaper.TestApiServer;

/// <summary>A field selector of Pods: as much of one as an agent needs.</summary>
/// <param name="Node">spec.nodeName; null for any.</param>
/// <param name="NotPhases">What status.phase must not be.</param>
public sealed record PodSelector(string? Node, IReadOnlyList<string> NotPhases)
{
    private const string NodeName = "spec.nodeName=";
    private const string NotPhase = "status.phase!=";

    internal static PodSelector Parse(string text)
    {
        var terms = text.Split(',', StringSplitOptions.RemoveEmptyEntries);
        return terms.FirstOrDefault(term => !term.StartsWith(NodeName, StringComparison.Ordinal) && !term.StartsWith(NotPhase, StringComparison.Ordinal)) is { } other
            ? throw new ArgumentException($"field label not supported: {other}", nameof(text))
            : new PodSelector(
                terms.FirstOrDefault(term => term.StartsWith(NodeName, StringComparison.Ordinal))?[NodeName.Length..],
                [.. terms.Where(term => term.StartsWith(NotPhase, StringComparison.Ordinal)).Select(term => term[NotPhase.Length..])]);
    }

    internal bool Matches(StoredPod pod) => (Node is null || pod.Node == Node) && !NotPhases.Contains(pod.Phase);
}
