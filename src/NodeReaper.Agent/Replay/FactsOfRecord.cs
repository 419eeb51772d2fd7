using NodeReaper.Agent.Recording;
using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Pressure;
using NodeReaper.Engine.Recording;
using NodeReaper.Engine.Reporting;

namespace NodeReaper.Agent.Replay;

/// <summary>Makes of a recorded decision what the engine decides on.</summary>
internal static class FactsOfRecord
{
    /// <summary>Makes the facts anew: deciding fills them in.</summary>
    /// <param name="decision">The decision.</param>
    /// <exception cref="FormatException">The lists do not belong together.</exception>
    internal static DecisionFacts Of(RecordDecision decision)
    {
        if (decision.Places is not [{ Slice: null } node, ..])
        {
            throw new FormatException("its first place is not the node");
        }

        var slices = decision.Places.Skip(1)
            .Select(place => SlicePressure.OfRecord(place.Slice ?? throw new FormatException("the node is twice in its places"), place.Reading))
            .ToList();
        var candidates = new CandidateSnapshot(Math.Max(1, decision.Candidates.Count));
        foreach (var container in decision.Candidates)
        {
            Fill(ref candidates.Add(), container, decision.Pods);
        }

        Check(decision.Order, decision);
        Check(decision.Planned, decision);
        Check(decision.Plan, decision);
        if (decision.DecidingKeys.Count != decision.Order.Count)
        {
            throw new FormatException("it has not one deciding key for each of its order");
        }

        return new DecisionFacts
        {
            Kind = decision.Kind,
            Occasion = new Occasion(
                decision.Reading, decision.Limits, decision.Verdict, slices.Find(slice => slice.Path == decision.Slice), decision.Livelock),
            Node = node.Reading,
            Slices = slices,
            PendingBytes = decision.PendingBytes,
            IsWithinBudget = decision.IsWithinBudget,
            Candidates = candidates,
            Graced = GracedIn(decision),
            AtOwnLimit = AtOwnLimitIn(decision),
        };
    }

    /// <summary>Makes the candidates of a look anew.</summary>
    /// <param name="look">The look.</param>
    /// <exception cref="FormatException">The lists do not belong together.</exception>
    internal static CandidateSnapshot Of(RecordLook look)
    {
        var candidates = new CandidateSnapshot(Math.Max(1, look.Candidates.Count));
        foreach (var container in look.Candidates)
        {
            Fill(ref candidates.Add(), container, look.Pods);
        }

        return candidates;
    }

    // When the grace of some was over, all others still had time, or had not been asked.
    private static HashSet<int> GracedIn(RecordDecision decision) =>
        (decision.Kind == DecisionKind.GraceOver ? Enumerable.Range(0, decision.Candidates.Count) : decision.Planned).Except(decision.Plan).ToHashSet();

    private static int AtOwnLimitIn(RecordDecision decision) => (decision.Kind, decision.Plan) switch
    {
        (DecisionKind.OwnLimit, [var container]) => container,
        (DecisionKind.OwnLimit, _) => throw new FormatException("it is about one container at its own limit, and its plan is not that one"),
        _ => -1,
    };

    private static void Fill(ref Candidate candidate, RecordContainer container, IReadOnlyList<PodFacts> pods)
    {
        candidate.Cgroup = ContainerCgroup.OfRecord(
            container.CgroupId,
            container.QosClass,
            container.Path,
            container.PodUid,
            container.ContainerId,
            container.Role,
            container.IsNodeCritical,
            container.IsWidened) ?? throw new FormatException($"{container.Path} is too long for a container's path, or its UID");
        candidate.Pod = container.Pod is { } pod ? At(pods, pod) : null;
        candidate.Container = container.Container is { } index ? At(candidate.Pod?.Containers ?? [], index) : null;
        candidate.IsUnreadable = container.IsUnreadable;
        candidate.IsQuarantined = container.IsQuarantined;
        candidate.IsToldOf = container.IsToldOf;
        candidate.IsAskedToEnd = container.IsAskedToEnd;
        candidate.Memory = container.Memory;
        candidate.GrowthBytesPerSecond = container.GrowthBytesPerSecond;
        candidate.IsCause = container.IsCause;
        candidate.SwapOnDiskBytes = container.SwapOnDiskBytes;
    }

    private static T At<T>(IReadOnlyList<T> list, int index) =>
        index >= 0 && index < list.Count ? list[index] : throw new FormatException($"there is no number {index} in a list of {list.Count}");

    private static void Check(IReadOnlyList<int> indexes, RecordDecision decision)
    {
        foreach (var index in indexes)
        {
            _ = At(decision.Candidates, index);
        }
    }
}
