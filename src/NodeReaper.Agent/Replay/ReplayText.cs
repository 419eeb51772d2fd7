using System.Globalization;

namespace NodeReaper.Agent.Replay;

/// <summary>Writes a replay for people.</summary>
internal static class ReplayText
{
    internal static void Write(ReplayReport report, TextWriter output)
    {
        var under = report.Config is null ? "the recorded policy" : report.Config;
        var node = report.Node is null ? "" : $"{report.Node}, ";
        output.WriteLine($"{report.Record}: {node}recorded by {report.Agent}, replayed by {report.ReplayedBy}, under {under}");
        foreach (var decision in report.Decisions)
        {
            Write(decision, output);
        }

        output.WriteLine(report.SamplesDiffering == 0
            ? $"samples: {report.Samples}, all with the recorded verdict"
            : $"samples: {report.Samples}, {report.SamplesDiffering} with another verdict; short of memory first at {At(report.ShortFromSeconds)}, replayed {At(report.ShortFromSecondsReplayed)}");
        if (report.LooksDiffering > 0)
        {
            output.WriteLine($"looks at the containers in between: {report.Looks}, {report.LooksDiffering} with another one first to die");
        }

        if (report is { FirstReplayed: { } first, SamplesDiffering: > 0 })
        {
            var known = first.OutOf < first.Total ? $", of the {first.OutOf} largest of {first.Total}" : "";
            output.WriteLine($"  the first to die then: {first.Name}, by the look at {At(first.Seconds)}{known}");
        }

        var torn = report.TornAfterLine is { } line ? $"torn after line {line}; what is in front of it is: " : "";
        output.WriteLine(torn + (report.IsSame ? "same" : "different"));
        if (report is { IsSame: false, Config: null })
        {
            output.WriteLine(report.Agent == report.ReplayedBy
                ? "  the facts and the policy are the recorded ones, and so is the version: that is a bug"
                : $"  the facts and the policy are the recorded ones: nodereaper {report.ReplayedBy} decides otherwise than {report.Agent} did; CHANGELOG.md says what was meant to change");
        }
    }

    private static void Write(ReplayedDecision decision, TextWriter output)
    {
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"line {decision.Line}, {decision.Time:yyyy-MM-dd'T'HH:mm:ss.fff'Z'}, {decision.Kind}: {DecisionText.Verdict(decision.Recorded)}"));
        var key = decision.Recorded.DecidingKeys.Count > 0 ? decision.Recorded.DecidingKeys[0] : null;
        output.WriteLine(decision.Recorded.Ranking.Count == 0
            ? "  nobody may be killed"
            : $"  first: {decision.Recorded.Ranking[0]}{(key is null ? "" : $", by {key}")}; {decision.Recorded.Ranking.Count} ranked");
        output.WriteLine($"  {decision.Recorded.Conclusion}: {(decision.Recorded.Plan.Count == 0 ? "nobody" : string.Join(", ", decision.Recorded.Plan))}");
        if (decision.Replayed is null)
        {
            output.WriteLine("  cannot be recomputed: there were more containers than a record holds");
        }

        foreach (var difference in decision.Differences)
        {
            output.WriteLine($"  {difference.What} differs");
            output.WriteLine($"    recorded: {difference.Recorded}");
            output.WriteLine($"    replayed: {difference.Replayed}");
        }
    }

    private static string At(double? seconds) =>
        seconds is { } value ? string.Create(CultureInfo.InvariantCulture, $"{value:+0.000;-0.000;0} s") : "never";
}
