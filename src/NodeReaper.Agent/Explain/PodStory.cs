using System.Globalization;
using System.Text;
using NodeReaper.Agent.Control;
using NodeReaper.Agent.Reporting;

namespace NodeReaper.Agent.Explain;

/// <summary>What there is to tell of one Pod: where it stands, why, and what happened to it.</summary>
internal static class PodStory
{
    /// <summary>True when a container is of the Pod that is asked for.</summary>
    /// <param name="container">The container.</param>
    /// <param name="pod">NAMESPACE/NAME, NAME, or UID.</param>
    internal static bool IsOf(IncidentCandidate container, string pod) =>
        container.PodUid == pod || container.Pod == pod || $"{container.Namespace}/{container.Pod}" == pod;

    /// <summary>Tells it.</summary>
    /// <param name="document">The document.</param>
    /// <param name="pod">NAMESPACE/NAME, NAME, or UID.</param>
    /// <param name="recent">What the agent told last.</param>
    /// <returns>Null when there is nothing to tell of such a Pod.</returns>
    internal static string? Of(ExplainDocument document, string pod, IEnumerable<RecentReport> recent)
    {
        var text = new StringBuilder();
        foreach (var ranked in document.Ranking.Where(each => IsOf(each.Container, pod)))
        {
            AppendRanked(text, document, ranked);
        }

        foreach (var (why, container) in document.Excluded.Where(each => IsOf(each.Container, pod) && each.Container.Exclusion != "sandbox"))
        {
            text.AppendLine($"{Name(container)}: may not be killed: {why}");
            AppendMemory(text, container);
        }

        foreach (var report in recent.Where(report => report.Pod is not null && (report.Pod == pod || report.Pod.EndsWith($"/{pod}", StringComparison.Ordinal))))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"{report.Time:yyyy-MM-dd HH:mm:ss}  {report.Summary}");
        }

        return text.Length == 0 ? null : $"{ExplainText.State(document)}\n{ExplainText.Decision(document)}\n\n{text}";
    }

    private static void AppendRanked(StringBuilder text, ExplainDocument document, RankedContainer ranked)
    {
        var (rank, wouldDie, container) = ranked;
        text.AppendLine($"{Name(container)}: {Rank(rank)} of {document.Ranking.Count} to die{(wouldDie ? "; it would die now or at the threshold" : "")}");
        if (rank > 1)
        {
            var before = document.Ranking[rank - 2].Container;
            text.AppendLine($"  after  {Name(before)}, by {before.DecidingKey ?? "UID"}{Compared(before, container, before.DecidingKey)}");
        }

        if (rank < document.Ranking.Count)
        {
            var next = document.Ranking[rank].Container;
            text.AppendLine($"  before {Name(next)}, by {container.DecidingKey ?? "UID"}{Compared(container, next, container.DecidingKey)}");
        }

        text.AppendLine(
            $"  {container.QosClass}, priority {container.PodPriority}, kill priority {container.KillPriority}; request {ByteText.Of(container.RequestBytes)}, "
            + $"{ByteText.Of(container.OverRequestBytes)} beyond it; grows by {ByteText.Of(container.GrowthBytesPerSecond)}/s");
        AppendMemory(text, container);
    }

    private static void AppendMemory(StringBuilder text, IncidentCandidate container) => text.AppendLine(
        $"  memory: anon {ByteText.Of(container.AnonBytes)}, swap {ByteText.Of(container.SwapBytes)}, shmem and tmpfs {ByteText.Of(container.ShmemBytes)}, "
        + $"page cache {ByteText.Of(container.FileBytes)}, kernel {ByteText.Of(container.KernelBytes)}; a kill gives back {ByteText.Of(container.FreeableBytes)}");

    private static string Compared(IncidentCandidate first, IncidentCandidate second, string? key) =>
        key is not null && Value(first, key) is { } value ? $": {value} against {Value(second, key)}" : "";

    private static string? Value(IncidentCandidate container, string key) => key switch
    {
        "killPriority" => container.KillPriority.ToString(CultureInfo.InvariantCulture),
        "podPriority" => container.PodPriority.ToString(CultureInfo.InvariantCulture),
        "qosClass" => container.QosClass,
        "overRequest" => ByteText.Of(container.OverRequestBytes),
        "growth" => $"{ByteText.Of(container.GrowthBytesPerSecond)}/s",
        "freeable" => ByteText.Of(container.FreeableBytes),
        _ => null,
    };

    private static string Name(IncidentCandidate container) => $"{ExplainText.NameOf(container)}[{ExplainText.ContainerOf(container)}]";

    private static string Rank(int rank) => rank == 1 ? "the first" : $"number {rank}";
}
