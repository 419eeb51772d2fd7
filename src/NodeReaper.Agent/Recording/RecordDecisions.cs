using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Recording;

namespace NodeReaper.Agent.Recording;

/// <summary>Turns what the engine recorded into lines.</summary>
internal static class RecordDecisions
{
    internal static RecordSample Of(in PressureSample sample) =>
        new() { Slice = sample.SlicePath, Reading = sample.Reading, Verdict = sample.Verdict };

    internal static RecordLook Of(RecordedLook look)
    {
        var pods = new List<PodFacts>();
        var candidates = new List<RecordContainer>(look.Candidates.Length);
        foreach (ref readonly var candidate in look.Candidates)
        {
            candidates.Add(Of(candidate, look.PathOf(candidate), look.PodUidOf(candidate), look.ContainerIdOf(candidate), pods));
        }

        return new RecordLook
        {
            Timestamp = look.Timestamp,
            Total = look.Total,
            Pods = pods,
            Candidates = candidates,
            First = look.First < 0 ? null : look.First,
        };
    }

    internal static RecordDecision Of(RecordedDecision decision)
    {
        var pods = new List<PodFacts>();
        var places = new List<RecordSample>();
        foreach (ref readonly var place in decision.Places)
        {
            places.Add(Of(place));
        }

        var candidates = new List<RecordContainer>(decision.Candidates.Length);
        foreach (ref readonly var candidate in decision.Candidates)
        {
            candidates.Add(Of(candidate, decision.PathOf(candidate), decision.PodUidOf(candidate), decision.ContainerIdOf(candidate), pods));
        }

        var keys = new List<string?>(decision.DecidingKeys.Length);
        foreach (var key in decision.DecidingKeys)
        {
            keys.Add(key?.Name);
        }

        return new RecordDecision
        {
            Kind = decision.Kind,
            Slice = decision.Occasion.Slice?.Path,
            Reading = decision.Occasion.Reading,
            Limits = decision.Occasion.Limits,
            Verdict = decision.Occasion.Verdict,
            Livelock = decision.Occasion.Livelock,
            Places = places,
            PendingBytes = decision.PendingBytes,
            IsWithinBudget = decision.IsWithinBudget,
            IsWhole = decision.IsWhole,
            Pods = pods,
            Candidates = candidates,
            Order = decision.Order.ToArray(),
            DecidingKeys = keys,
            Planned = decision.Planned.ToArray(),
            Plan = decision.Plan.ToArray(),
            Conclusion = decision.Conclusion,
        };
    }

    private static RecordContainer Of(in RecordedCandidate candidate, string path, string podUid, string containerId, List<PodFacts> pods)
    {
        var facts = candidate.Facts;
        return new RecordContainer
        {
            Path = path,
            PodUid = podUid,
            ContainerId = containerId,
            CgroupId = candidate.CgroupId,
            QosClass = candidate.PathQosClass,
            Role = candidate.Role,
            IsNodeCritical = candidate.IsNodeCritical,
            IsWidened = candidate.IsWidened,
            IsUnreadable = facts.IsUnreadable,
            IsQuarantined = facts.IsQuarantined,
            IsToldOf = facts.IsToldOf,
            IsAskedToEnd = facts.IsAskedToEnd,
            Memory = facts.Memory,
            GrowthBytesPerSecond = facts.GrowthBytesPerSecond,
            IsCause = facts.IsCause,
            SwapOnDiskBytes = facts.SwapOnDiskBytes,
            Pod = facts.Pod is { } pod ? IndexOf(pods, pod) : null,
            Container = facts is { Pod: { } parent, Container: { } container } ? parent.Containers.ToList().IndexOf(container) : null,
            Exclusion = facts.Exclusion,
        };
    }

    private static int IndexOf(List<PodFacts> pods, PodFacts pod)
    {
        var index = pods.FindIndex(known => ReferenceEquals(known, pod));
        if (index < 0)
        {
            index = pods.Count;
            pods.Add(pod);
        }

        return index;
    }
}
