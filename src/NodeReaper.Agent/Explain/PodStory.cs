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

    /// <summary>True when a report is about the Pod that is asked for.</summary>
    /// <param name="report">The report.</param>
    /// <param name="pod">NAMESPACE/NAME, or NAME.</param>
    internal static bool IsAbout(RecentReport report, string pod) =>
        report.Pod is not null && (report.Pod == pod || report.Pod.EndsWith($"/{pod}", StringComparison.Ordinal));

    /// <summary>The part of a document that is about one Pod.</summary>
    /// <param name="document">The document.</param>
    /// <param name="pod">NAMESPACE/NAME, NAME, or UID.</param>
    /// <param name="recent">What the agent told last.</param>
    /// <returns>Null when there is nothing to tell of such a Pod.</returns>
    internal static ExplainDocument? Only(ExplainDocument document, string pod, IEnumerable<RecentReport> recent)
    {
        var only = document with
        {
            Ranking = [.. document.Ranking.Where(each => IsOf(each.Container, pod))],
            Excluded = [.. document.Excluded.Where(each => IsOf(each.Container, pod))],
            Recent = [.. recent.Where(report => IsAbout(report, pod))],
        };
        return only.Ranking.Count + only.Excluded.Count + only.Recent.Count == 0 ? null : only;
    }

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

        foreach (var report in recent.Where(report => IsAbout(report, pod)))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"{report.Time:yyyy-MM-dd HH:mm:ss}  {report.Summary}");
        }

        var unknown = document.KnowsPods ? "" : ExplainText.NoPods(document) + "\n";
        return text.Length == 0 ? null : $"{unknown}{ExplainText.State(document)}\n{ExplainText.Decision(document)}\n\n{text}";
    }

    private static void AppendRanked(StringBuilder text, ExplainDocument document, RankedContainer ranked)
    {
        var (rank, wouldDie, container) = ranked;
        text.AppendLine($"{Name(container)}: {Rank(rank)} of {document.Ranking.Count} to die{(wouldDie ? $"; it {ExplainText.Verb(ranked)} now or at the threshold" : "")}");
        if (rank > 1)
        {
            var before = document.Ranking[rank - 2];
            text.AppendLine($"  after  {Name(before.Container)}, by {Compared(before, ranked)}");
        }

        if (rank < document.Ranking.Count)
        {
            var next = document.Ranking[rank];
            text.AppendLine($"  before {Name(next.Container)}, by {Compared(ranked, next)}");
        }

        text.AppendLine($"  ranked by {string.Join(", ", document.Keys.Select(key => $"{key} {KeyColumn.Value(ranked, key)}"))}; request {ByteText.Of(container.RequestBytes)}");
        AppendMemory(text, container);
    }

    private static void AppendMemory(StringBuilder text, IncidentCandidate container) => text.AppendLine(
        $"  memory: anon {ByteText.Of(container.AnonBytes)}, swap {ByteText.Of(container.SwapBytes)}, shmem and tmpfs {ByteText.Of(container.ShmemBytes)}, "
        + $"page cache {ByteText.Of(container.FileBytes)}, kernel {ByteText.Of(container.KernelBytes)}; a kill gives back {ByteText.Of(container.FreeableBytes)}");

    private static string Compared(RankedContainer first, RankedContainer second) => first.Container.DecidingKey is { } key
        ? $"{key}: {KeyColumn.Value(first, key)} against {KeyColumn.Value(second, key)}"
        : "UID";

    private static string Name(IncidentCandidate container) => $"{ExplainText.NameOf(container)}[{ExplainText.ContainerOf(container)}]";

    private static string Rank(int rank) => rank == 1 ? "the first" : $"number {rank}";
}
