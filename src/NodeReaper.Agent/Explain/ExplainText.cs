using System.Globalization;
using System.Text;
using NodeReaper.Agent.Control;
using NodeReaper.Agent.Options.Syntax;
using NodeReaper.Agent.Reporting;

namespace NodeReaper.Agent.Explain;

/// <summary>A document as a table that is read in ten seconds.</summary>
internal static class ExplainText
{
    // What is further away, in seconds, is nothing to look at.
    private const double WorthSaying = 600;
    private const string Freeable = "freeable";


    /// <summary>Writes all of it.</summary>
    /// <param name="document">The document.</param>
    /// <param name="most">At most so many lines of the ranking.</param>
    internal static string Of(ExplainDocument document, int most = int.MaxValue)
    {
        var text = new StringBuilder();
        text.AppendLine(Head(document));
        text.AppendLine(State(document));
        text.Append(Steps(document));
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
            + $"kills below {ByteText.Of(pressure.KillBelowBytes)}{(pressure.HasSwapToSpare ? " once swap is spent" : "")}, recovers to {ByteText.Of(pressure.RecoverToBytes)}{falling}";
    }

    /// <summary>What must be said where nobody tells of Pods.</summary>
    internal static string NoPods(ExplainDocument document) =>
        "NO PODS ARE KNOWN: who is first here may be protected, for namespaces, PriorityClasses, priorities, requests and wishes do not count; "
        + (document.Source == ExplainDocuments.OfAgent ? "the agent gets them by run --pods" : "give --pods DIR, or ask the running agent as root");

    /// <summary>What is done at which pressure, besides the threshold.</summary>
    internal static string Steps(ExplainDocument document)
    {
        var text = "";
        if (document.Stages.Count > 0)
        {
            var dry = document.DryRun ? " (in a dry run, it only observes)" : "";
            text = $"before that: {string.Join(", ", document.Stages.Select(stage => $"{stage.Name} below {ByteText.Of(stage.BelowBytes)}"))}{dry}\n";
        }

        return document.Signals is { } signals ? $"{text}{Signals(document.Pressure, signals)}\n" : text;
    }

    internal static string Decision(ExplainDocument document)
    {
        var dying = document.Ranking.Where(each => each.WouldDie).ToList();
        var who = document.IsInVain
            ? $"nobody dies yet, for the deaths of all would give back no more than {ByteText.Of(document.Ranking.Sum(each => each.Container.FreeableBytes))}"
            : dying.Count == 0 && document.ToldBytes > 0
            ? $"nobody else is told of, for those who were would give back {ByteText.Of(document.ToldBytes)} (dry run)"
            : dying.Count == 0
            ? "nobody may be killed"
            : $"{Dying(dying)}, and give back {ByteText.Of(dying.Sum(each => each.Container.FreeableBytes))}";
        return document.Pressure.Signal is { } signal
            ? $"SHORT OF MEMORY ({signal}), {ByteText.Of(document.MissingBytes)} missing: {who}"
            : $"nobody is killed now; at the threshold, with {ByteText.Of(document.MissingBytes)} missing, {who}";
    }

    /// <summary>What would be done to one: it dies, or is told of.</summary>
    internal static string Verb(RankedContainer ranked) => ranked.DryRun ? "would be told of (dry run)" : "would die";

    private static string Signals(ExplainedPressure pressure, ExplainedSignals signals)
    {
        List<string> also = [];
        if (signals.TimeLeftSeconds > 0)
        {
            also.Add($"it lasts no longer than {Duration(signals.TimeLeftSeconds)}{(pressure.HasSwapToSpare ? " once swap is spent" : "")}");
        }

        var withSwap = signals.UsesSwap && pressure.UsableSwapBytes > 0 ? $" ({Duration(signals.StallWithSwapSeconds)} with swap to spare)" : "";
        also.Add(
            $"tasks stall for it for {Duration(signals.StallWithoutSwapSeconds)}{withSwap} "
            + $"({Duration(signals.StallSeconds)} of {Duration(signals.StallWindowSeconds)})");
        var thrash = signals.ThrashSeconds > 0
            ? $"; below {ByteText.Of(2 * pressure.RecoverToBytes)} when all tasks stall at once for {Duration(signals.ThrashSeconds)}"
            : "";
        return $"also kills below {ByteText.Of(pressure.RecoverToBytes)} when {string.Join(" or ", also)}{thrash}";
    }

    private static string Duration(double seconds) => DurationSyntax.Text(TimeSpan.FromSeconds(seconds));

    // In the order of the ranking; those that are only told of by themselves, where there are others.
    private static string Dying(List<RankedContainer> dying) => string.Join(
        "; ",
        dying.GroupBy(Verb).Select(group => $"{string.Join(", ", group.Select(each => $"{NameOf(each.Container)}[{ContainerOf(each.Container)}]"))} {group.Key}"));

    private static string Head(ExplainDocument document)
    {
        var mode = ModeText.Of(document.DryRun, document.DryRunNamespaces);
        var under = document.Config is { } config ? $", under {config}" : "";
        var source = document.Source == ExplainDocuments.OfAgent
            ? $"as the agent sees it{under} (strategy {document.Strategy}, {mode})"
            : $"straight from the node{under}, no agent was asked ({mode})";
        var unknown = document.KnowsPods ? "" : "\n" + NoPods(document);
        return string.Create(
            CultureInfo.InvariantCulture, $"{document.Node ?? "this node"}, {document.Time:yyyy-MM-dd HH:mm:ss} UTC, {source}{unknown}");
    }

    private static void AppendRanking(StringBuilder text, ExplainDocument document, int most)
    {
        if (document.Ranking.Count == 0)
        {
            return;
        }

        // What a kill gives back is shown in any case.
        List<string> keys = [.. document.Keys, .. document.Keys.Contains(Freeable) ? Array.Empty<string>() : [Freeable]];
        text.AppendLine($"ranked by {string.Join(", ", document.Keys)}; the first that differs decides");
        var table = new TextTable(["", " #", "POD", "CONTAINER", .. keys.Select(KeyColumn.Head), "BEFORE THE NEXT BY"]);
        foreach (var ranked in document.Ranking.Take(most))
        {
            var container = ranked.Container;
            table.Add(
            [
                !ranked.WouldDie ? "" : ranked.DryRun ? "o" : "*",
                ranked.Rank.ToString(CultureInfo.InvariantCulture),
                NameOf(container),
                ContainerOf(container),
                .. keys.Select(key => KeyColumn.Value(ranked, key)),
                container.DecidingKey ?? (ranked.Rank < document.Ranking.Count ? "UID" : ""),
            ]);
        }

        text.Append(table);
        List<string> legend = [.. document.Ranking.Where(each => each.WouldDie).Select(each => $"{(each.DryRun ? "o" : "*")} {Verb(each)}").Distinct()];
        var left = document.Total - document.Excluded.Count - Math.Min(most, document.Ranking.Count);
        text.AppendLine(left > 0 ? $"   and {left} more" : $"   ({(legend.Count > 0 ? string.Join(", ", legend) : "nobody would die")})").AppendLine();
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
