using NodeReaper.Engine.Candidates;

namespace NodeReaper.Agent.Kubernetes.Api;

/// <summary>Pods by their UIDs, of which there are so many at most, with so many containers.</summary>
internal sealed class KnownPodTable
{
    private readonly Dictionary<string, KnownPod> _pods = new(StringComparer.Ordinal);
    private int _containers;

    /// <summary>How many there are.</summary>
    internal int Count => _pods.Count;

    /// <summary>All of them.</summary>
    internal IEnumerable<KnownPod> All => _pods.Values;

    /// <summary>Finds one; null when it is not there.</summary>
    internal KnownPod? Find(string uid) => _pods.GetValueOrDefault(uid);

    /// <summary>Puts one there, in the place of what was known of it before.</summary>
    internal void Put(string uid, KnownPod pod)
    {
        Remove(uid);
        _pods[uid] = pod;
        _containers += pod.Containers;
    }

    /// <summary>Takes one away, if it is there.</summary>
    internal void Remove(string uid)
    {
        if (_pods.Remove(uid, out var known))
        {
            _containers -= known.Containers;
        }
    }

    /// <summary>Whether one may be put there.</summary>
    internal bool HasRoomFor(string uid, KnownPod pod) => WhyNot(uid, pod) is null;

    /// <summary>What there would be too much of, if one was put there; null when there would not.</summary>
    internal string? WhyNot(string uid, KnownPod pod)
    {
        var before = Find(uid);
        return before is null && _pods.Count >= PodManifestFolder.MaxPods ? $"there are more than {PodManifestFolder.MaxPods} Pods"
            : IsTooMuch(pod.Containers - (before?.Containers ?? 0))
                ? $"with its {pod.Containers} containers there would be more than {PodManifestFolder.MaxContainers}"
            : null;
    }

    /// <summary>
    /// Makes room for a Pod's containers, at the cost of those that have more than it: whoever makes very large Pods is not to take the room of the others.
    /// </summary>
    /// <returns>Those that went.</returns>
    internal IReadOnlyList<(string Uid, KnownPod Pod)> MakeRoom(string uid, KnownPod pod)
    {
        var gone = new List<(string, KnownPod)>();
        while (IsTooMuch(pod.Containers - (Find(uid)?.Containers ?? 0)))
        {
            var (largest, known) = _pods.MaxBy(each => each.Key == uid ? -1 : each.Value.Containers);
            if (known is null || largest == uid || known.Containers <= pod.Containers)
            {
                break;
            }

            Remove(largest);
            gone.Add((largest, known));
        }

        return gone;
    }

    private bool IsTooMuch(int more) => more > 0 && _containers + more > PodManifestFolder.MaxContainers;
}

/// <summary>A Pod that is known.</summary>
internal sealed record KnownPod(PodFacts Facts, DateTimeOffset Created, bool IsMirror)
{
    /// <summary>How many containers it has.</summary>
    internal int Containers => Facts.Containers.Count;
}
