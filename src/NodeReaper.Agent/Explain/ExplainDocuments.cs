using NodeReaper.Agent.Reporting;
using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Explaining;
using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Pressure;
using NodeReaper.Engine.Ranking;
using NodeReaper.Engine.Reporting;
using NodeReaper.Kernel.Procfs;

namespace NodeReaper.Agent.Explain;

/// <summary>Turns explanations into documents.</summary>
internal static class ExplainDocuments
{
    internal const string OfAgent = "agent";
    internal const string OfNode = "node";

    internal static ExplainDocument Of(Explanation explanation, string? node, string source, string strategy, bool knowsPods) => new()
    {
        Time = explanation.Time,
        Node = node,
        Source = source,
        Strategy = strategy,
        DryRun = explanation.Policy.DryRun,
        DryRunNamespaces = explanation.Policy.DryRunNamespaces,
        KnowsPods = knowsPods,
        Pressure = new ExplainedPressure(
            explanation.Verdict.Signal,
            explanation.SlicePath,
            explanation.Reading.Memory.TotalBytes,
            explanation.Reading.Memory.AvailableBytes,
            explanation.Reading.UsableSwapBytes,
            explanation.Limits.KillBelowBytes,
            explanation.Limits.RecoverToBytes,
            explanation.Reading.FillBytesPerSecond)
        {
            HasSwapToSpare = !explanation.Reading.IsSwapSpent(explanation.Limits),
        },
        Signals = SignalsOf(explanation.Policy.Pressure),
        Stages = StagesOf(explanation.Policy.Stages, explanation.Reading.Memory, explanation.SlicePath is not null),
        MissingBytes = explanation.MissingBytes,
        ToldBytes = explanation.ToldBytes,
        IsInVain = explanation.IsInVain,
        Dying = [.. explanation.Dying.ToArray().Select(place => place + 1)],
        Keys = [.. explanation.Policy.Ranking.Select(key => key.Name)],
        Ranking = RankingOf(explanation),
        Excluded = [.. explanation.Excluded.ToArray().Select(each => new SparedContainer(WhyNot(each, explanation.Policy), IncidentRecords.CandidateOf(each)))],
        Total = explanation.Total,
    };

    private static List<RankedContainer> RankingOf(Explanation explanation)
    {
        var ranking = new List<RankedContainer>(explanation.Ranked.Length);
        for (var place = 0; place < explanation.Ranked.Length; place++)
        {
            ranking.Add(new RankedContainer(
                place + 1, explanation.Dying.Contains(place), IncidentRecords.CandidateOf(explanation.Ranked[place]))
            {
                DryRun = explanation.Policy.IsDryRunFor(explanation.Ranked[place].Facts),
                Scores = ScoresOf(explanation.Ranked[place], explanation.Policy.Ranking),
            });
        }

        return ranking;
    }

    private static ExplainedSignals SignalsOf(PressurePolicy policy) => new(
        policy.TimeLeft.TotalSeconds,
        policy.Stall.TotalSeconds,
        policy.StallWindow.TotalSeconds,
        policy.StallWithoutSwap.TotalSeconds,
        policy.StallWithSwap.TotalSeconds,
        policy.Thrash.TotalSeconds,
        policy.UseSwap);

    private static List<ExplainedStage> StagesOf(StagePolicy policy, MemInfo memory, bool isSlice)
    {
        IEnumerable<(string Name, MemoryAmount? Below)> stages =
            [("observe", policy.Observe), ("reclaim", policy.Reclaim), ("throttle", policy.Throttle), ("terminate", policy.Terminate)];
        return
        [
            .. stages
                .Where(stage => stage.Below is not null)
                .Select(stage => new ExplainedStage(stage.Name, PressureLimits.MarkOf(stage.Below!.Value, memory, isSlice)))
                .OrderByDescending(stage => stage.BelowBytes),
        ];
    }

    // Of a cgroup that is a copy here, its own ID is the score.
    private static Dictionary<string, long> ScoresOf(in ReportedCandidate container, IReadOnlyList<RankingKey> keys)
    {
        var scores = new Dictionary<string, long>(keys.Count);
        foreach (var key in keys)
        {
            scores[key.Name] = key is YoungestKey ? container.CgroupId : key.Score(container.Facts);
        }

        return scores;
    }

    private static string WhyNot(in ReportedCandidate container, ReapPolicy policy) => container.Facts.Exclusion switch
    {
        Exclusion.Protected => "protected: " + Rule(container, policy),
        Exclusion.Sandbox => "the Pod's sandbox (pause container)",
        Exclusion.System => "a system process runs in it",
        Exclusion.OwnPod => "the agent's own Pod",
        Exclusion.Starting => "still being set up",
        Exclusion.Quarantined => "was killed, and is not gone yet",
        Exclusion.Elsewhere => "outside of the slice that is short of memory",
        Exclusion.NothingToFree => $"a kill would give back less than {ByteText.Of(policy.Plan.MinFreeableBytes)} (plan.minFreeable)",
        Exclusion.Unreadable => "its cgroup cannot be read",
        Exclusion.ToldOf => "told of in this shortage (dry run): it would be dead",
        _ => CamelCase.Of(container.Facts.Exclusion),
    };

    private static string Rule(in ReportedCandidate container, ReapPolicy policy)
    {
        if (container.Facts.Pod is not { } pod)
        {
            return policy.Protect.StaticPods && PodFacts.IsStaticUid(container.PodUid)
                ? "a static Pod, by its UID; no more is known of it (protect.staticPods)"
                : "its oom_score_adj is that of a critical Pod, and no Pod of its UID is known";
        }

        return Protection.RuleOf(policy, pod, container.Facts.Container) switch
        {
            ProtectionRule.Priority => $"priority {pod.Priority} (protect.minPriority)",
            ProtectionRule.StaticPod => "a static Pod (protect.staticPods)",
            ProtectionRule.Namespace => $"namespace {pod.Namespace} (protect.namespaces)",
            ProtectionRule.PriorityClass => $"PriorityClass {pod.PriorityClassName} (protect.priorityClasses)",
            _ => "it asks for that by annotation, and may (wishes)",
        };
    }
}
