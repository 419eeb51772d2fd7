namespace NodeReaper.Agent.Control;

/// <summary>Says whether the agent kills or only tells, and where.</summary>
internal static class ModeText
{
    internal static string Of(bool isDryRun, IReadOnlyList<string> dryRunNamespaces) =>
        isDryRun ? "dry run"
        : dryRunNamespaces.Count == 0 ? "live"
        : $"live, but a dry run in {string.Join(", ", dryRunNamespaces)} and for Pods that are not known";
}
