using System.Globalization;
using NodeReaper.Agent.Recording;
using NodeReaper.Agent.Reporting;
using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Ranking;
using NodeReaper.Engine.Recording;

namespace NodeReaper.Agent.Replay;

/// <summary>Puts decisions into names, and tells what is different.</summary>
internal static class DecisionText
{
    private const int ShortId = 12;

    /// <summary>What was decided then.</summary>
    internal static DecidedText Of(RecordDecision decision, ReapPolicy policy) => new()
    {
        Signal = decision.Verdict.Signal,
        Slice = decision.Slice,
        DeficitBytes = decision.Verdict.DeficitBytes,
        IsEmergency = decision.Verdict.IsEmergency,
        Exclusions = [.. decision.Candidates.Select((container, index) => ExclusionOf(decision, index, container.Exclusion))],
        Ranking = Names(decision, decision.Order),
        DecidingKeys = decision.DecidingKeys,
        Planned = Names(decision, decision.Planned),
        Plan = Victims(decision, decision.Plan, policy),
        Conclusion = CamelCase.Of(decision.Conclusion),
    };

    /// <summary>What is decided now.</summary>
    internal static DecidedText Of(RecordDecision decision, Redecision now)
    {
        var all = now.Facts.Candidates.All;
        var exclusions = new List<string>(all.Length);
        for (var index = 0; index < all.Length; index++)
        {
            exclusions.Add(ExclusionOf(decision, index, all[index].Exclusion));
        }

        return new DecidedText
        {
            Signal = now.Occasion.Verdict.Signal,
            Slice = now.Occasion.Slice?.Path,
            DeficitBytes = now.Occasion.Verdict.DeficitBytes,
            IsEmergency = now.Occasion.Verdict.IsEmergency,
            Exclusions = exclusions,
            Ranking = Names(decision, now.Ranking.Order.ToArray()),
            DecidingKeys =
            [
                .. Enumerable.Range(0, now.Ranking.Count)
                    .Select(position => Ranker.KeyAfter(now.Facts.Candidates, now.Ranking, now.Policy.Ranking, position)?.Name),
            ],
            Planned = Names(decision, now.Planned),
            Plan = Victims(decision, now.Plan, now.Policy),
            Conclusion = CamelCase.Of(now.Conclusion),
        };
    }

    /// <summary>What is different, the cause before the consequence.</summary>
    internal static IEnumerable<ReplayDifference> Differences(DecidedText recorded, DecidedText replayed)
    {
        IEnumerable<(string What, string Recorded, string Replayed)> pairs =
        [
            ("verdict", Verdict(recorded), Verdict(replayed)),
            .. recorded.Exclusions.Zip(replayed.Exclusions, (then, now) => ("candidate", then, now)),
            ("ranking", List(recorded.Ranking, " > "), List(replayed.Ranking, " > ")),
            ("deciding keys", List(recorded.DecidingKeys, ", "), List(replayed.DecidingKeys, ", ")),
            ("planned", List(recorded.Planned, ", "), List(replayed.Planned, ", ")),
            ("plan", List(recorded.Plan, ", "), List(replayed.Plan, ", ")),
            ("conclusion", recorded.Conclusion, replayed.Conclusion),
        ];
        return pairs.Where(pair => pair.Recorded != pair.Replayed).Select(pair => new ReplayDifference(pair.What, pair.Recorded, pair.Replayed));
    }

    /// <summary>A container's name, with a piece of the ID: a Pod can have two of that name for a moment, the dead one and the next.</summary>
    /// <param name="container">The container.</param>
    /// <param name="pods">The Pods of the same line.</param>
    internal static string NameOf(RecordContainer container, IReadOnlyList<PodFacts> pods)
    {
        var id = container.ContainerId[..Math.Min(ShortId, container.ContainerId.Length)];
        return PodOf(container, pods) is { } pod ? $"{pod.Namespace}/{pod.Name}[{id}]" : $"{container.PodUid}[{id}]";
    }

    /// <summary>The verdict in words.</summary>
    internal static string Verdict(DecidedText decided) => decided.Signal is null
        ? "not short of memory"
        : string.Create(
            CultureInfo.InvariantCulture,
            $"{decided.Slice ?? "the node"} is short by \"{decided.Signal}\", {decided.DeficitBytes} bytes missing{(decided.IsEmergency ? ", an emergency" : "")}");

    private static string List(IReadOnlyList<string?> names, string between) =>
        names.Count == 0 ? "nobody" : string.Join(between, names.Select(name => name ?? "-"));

    private static string ExclusionOf(RecordDecision decision, int index, Exclusion exclusion) =>
        $"{NameOf(decision, index)}: {(exclusion == Exclusion.None ? "may be killed" : CamelCase.Of(exclusion))}";

    private static List<string> Names(RecordDecision decision, IReadOnlyList<int> indexes) => [.. indexes.Select(index => NameOf(decision, index))];

    private static List<string> Victims(RecordDecision decision, IReadOnlyList<int> indexes, ReapPolicy policy) =>
    [
        .. indexes.Select(index => policy.IsDryRunFor(new Candidate { Pod = PodOf(decision, index) })
            ? $"{NameOf(decision, index)} (dry run)"
            : NameOf(decision, index)),
    ];

    private static PodFacts? PodOf(RecordDecision decision, int index) => PodOf(decision.Candidates[index], decision.Pods);

    private static PodFacts? PodOf(RecordContainer container, IReadOnlyList<PodFacts> pods) =>
        container.Pod is { } number && number >= 0 && number < pods.Count ? pods[number] : null;

    private static string NameOf(RecordDecision decision, int index) => NameOf(decision.Candidates[index], decision.Pods);
}
