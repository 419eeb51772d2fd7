namespace NodeReaper.Engine.Candidates;

/// <summary>
/// All Pods that are known, as they were at one moment. Immutable: a newer one replaces it by reference, so that a
/// kill never waits for whoever knows the Pods.
/// </summary>
public sealed class PodSnapshot
{
    /// <summary>No Pod is known.</summary>
    public static readonly PodSnapshot Empty = new([]);

    private readonly Dictionary<string, PodFacts>.AlternateLookup<ReadOnlySpan<char>> _byUid;

    /// <summary>Takes the Pods. Of two with the same UID, the first counts.</summary>
    /// <param name="pods">The Pods.</param>
    public PodSnapshot(IEnumerable<PodFacts> pods)
    {
        var byUid = new Dictionary<string, PodFacts>(StringComparer.Ordinal);
        foreach (var pod in pods)
        {
            byUid.TryAdd(pod.Uid, pod);
        }

        _byUid = byUid.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>The Pods, in no particular order.</summary>
    public IReadOnlyCollection<PodFacts> Pods => _byUid.Dictionary.Values;

    /// <summary>Finds a Pod by its UID; allocates nothing.</summary>
    /// <param name="uid">The UID with dashes.</param>
    /// <returns>The Pod, or null when it is not known.</returns>
    public PodFacts? Find(ReadOnlySpan<char> uid) => _byUid.TryGetValue(uid, out var pod) ? pod : null;
}
