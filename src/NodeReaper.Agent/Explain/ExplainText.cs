using System.Globalization;
using System.Text;
using NodeReaper.Agent.Reporting;

namespace NodeReaper.Agent.Explain;

/// <summary>A document as a table that is read in ten seconds.</summary>
internal static class ExplainText
{
    // What is further away, in seconds, is nothing to look at.
    private const double WorthSaying = 600;

    /// <summary>Writes all of it.</summary>
    /// <param name="document">The document.</param>
    /// <param name="most">At most so many lines of the ranking.</param>
    internal static string Of(ExplainDocument document, int most = int.MaxValue)
    {
        var text = new StringBuilder();
        text.AppendLine(Head(document));
        text.AppendLine(State(document));
        text.AppendLine(Decision(document)).AppendLine();
        AppendRanking(text, document, most);
        AppendExcluded(text, document);
        return text.ToString();
    }

    internal static string NameOf(IncidentCandidate container) =>
        container.Pod is null ? $"pod {container.PodUid}" : $"{container.Namespace}/{container.Pod}";

    internal static string ContainerOf(IncidentCandidate container) =>
        container.Container ?? (container.ContainerId.Length > 12 ? container.ContainerId[..12] : container.ContainerId);

    internal static string State(ExplainDocument document)
    {
        var pressure = document.Pressure;
        var where = pressure.Slice is { } slice ? $" of {slice}'s limit" : "";
        var swap = pressure.UsableSwapBytes > 0 ? $" and {ByteText.Of(pressure.UsableSwapBytes)} of usable swap" : "";
        var secondsLeft = (pressure.AvailableBytes - pressure.KillBelowBytes) / (double)Math.Max(1, pressure.FillBytesPerSecond);
        var falling = secondsLeft is > 0 and < WorthSaying
            ? string.Create(CultureInfo.InvariantCulture, $"; falling by {ByteText.Of(pressure.FillBytesPerSecond)}/s, {secondsLeft:0} s to the threshold")
            : "";
        return $"{ByteText.Of(pressure.AvailableBytes)} of {ByteText.Of(pressure.TotalBytes)} available{where}{swap}; "
            + $"kills below {ByteText.Of(pressure.KillBelowBytes)}, recovers to {ByteText.Of(pressure.RecoverToBytes)}{falling}";
    }

    internal static string Decision(ExplainDocument document)
    {
        var verb = document.DryRun ? "would be told of (dry run)" : "would die";
        var dying = document.Ranking.Where(each => each.WouldDie).ToList();
        var who = document.IsInVain
            ? $"nobody dies yet, for the deaths of all would give back no more than {ByteText.Of(document.Ranking.Sum(each => each.Container.FreeableBytes))}"
            : dying.Count == 0
            ? "nobody may be killed"
            : $"{string.Join(", ", dying.Select(each => $"{NameOf(each.Container)}[{ContainerOf(each.Container)}]"))} {verb}, "
                + $"and give back {ByteText.Of(dying.Sum(each => each.Container.FreeableBytes))}";
        return document.Pressure.Signal is { } signal
            ? $"SHORT OF MEMORY ({signal}), {ByteText.Of(document.MissingBytes)} missing: {who}"
            : $"nobody is killed now; at the threshold, with {ByteText.Of(document.MissingBytes)} missing, {who}";
    }

    private static string Head(ExplainDocument document)
    {
        var source = document.Source == ExplainDocuments.OfAgent
            ? $"as the agent sees it (strategy {document.Strategy}, {(document.DryRun ? "dry run" : "live")})"
            : "straight from the node, no agent was asked";
        return string.Create(CultureInfo.InvariantCulture, $"{document.Node ?? "this node"}, {document.Time:yyyy-MM-dd HH:mm:ss} UTC, {source}");
    }

    private static void AppendRanking(StringBuilder text, ExplainDocument document, int most)
    {
        if (document.Ranking.Count == 0)
        {
            return;
        }

        var table = new TextTable(
            "", " #", "POD", "CONTAINER", " KILL PRIORITY", " PRIORITY", "QOS CLASS", " OVER REQUEST", " GROWTH", " FREEABLE", "BEFORE THE NEXT BY");
        foreach (var (rank, wouldDie, container) in document.Ranking.Take(most))
        {
            table.Add(
                wouldDie ? "*" : "",
                rank.ToString(CultureInfo.InvariantCulture),
                NameOf(container),
                ContainerOf(container),
                container.KillPriority.ToString(CultureInfo.InvariantCulture),
                container.PodPriority.ToString(CultureInfo.InvariantCulture),
                container.QosClass,
                ByteText.Of(container.OverRequestBytes),
                $"{ByteText.Of(container.GrowthBytesPerSecond)}/s",
                ByteText.Of(container.FreeableBytes),
                container.DecidingKey ?? (rank < document.Ranking.Count ? "UID" : ""));
        }

        text.Append(table);
        var left = document.Total - document.Excluded.Count - Math.Min(most, document.Ranking.Count);
        text.AppendLine(left > 0 ? $"   and {left} more" : "   (* would die)").AppendLine();
    }

    // What is the same on every node is counted, the rest is listed.
    private static void AppendExcluded(StringBuilder text, ExplainDocument document)
    {
        var listed = document.Excluded.Where(each => each.Container.Exclusion is not ("sandbox" or "nothingToFree" or "elsewhere")).ToList();
        if (listed.Count > 0)
        {
            var table = new TextTable("MAY NOT BE KILLED", "CONTAINER", " HOLDS", "WHY");
            foreach (var (why, container) in listed.OrderByDescending(each => Held(each.Container)))
            {
                table.Add(NameOf(container), ContainerOf(container), ByteText.Of(Held(container)), why);
            }

            text.Append(table);
        }

        foreach (var group in document.Excluded.Except(listed).GroupBy(each => each.Why))
        {
            text.AppendLine($"and {group.Count()}, holding {ByteText.Of(group.Sum(each => Held(each.Container)))}: {group.Key}");
        }
    }

    private static long Held(IncidentCandidate container) => container.AnonBytes + container.ShmemBytes + container.SwapBytes;
}
