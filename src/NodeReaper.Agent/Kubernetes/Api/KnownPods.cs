using NodeReaper.Engine.Candidates;

namespace NodeReaper.Agent.Kubernetes.Api;

/// <summary>
/// The Pods that an API told of. One that cannot be read, or is not of this node, is passed over, and what was last good of it
/// stays.
/// </summary>
/// <param name="node">The node's name; null when the API knows no other node.</param>
/// <param name="tell">Takes what someone should know about a Pod, each thing once as long as the Pod is there.</param>
internal sealed class KnownPods(string? node, Action<PodProblem> tell)
{
    /// <summary>So many things are told of one Pod, however often its owner changes its annotations.</summary>
    internal const int MaxToldOfPod = 8;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, HashSet<string>> _told = new(StringComparer.Ordinal);
    private Dictionary<string, KnownPod> _pods = new(StringComparer.Ordinal);

    /// <summary>How many are known.</summary>
    internal int Count => _pods.Count;

    /// <summary>Takes a Pod that is new, or has changed.</summary>
    internal void Put(PodObject pod)
    {
        lock (_lock)
        {
            Put(pod, _pods, _pods);
        }
    }

    /// <summary>Forgets a Pod.</summary>
    internal void Remove(PodObject pod)
    {
        lock (_lock)
        {
            var uid = pod.Metadata?.Uid ?? "";
            if (_pods.TryGetValue(uid, out var known) && !IsNamed(known, pod))
            {
                return;
            }

            _pods.Remove(uid);
            _told.Remove(uid);
        }
    }

    /// <summary>Begins a list that replaces all when it is complete.</summary>
    internal PodListing BeginList() => new(this);

    /// <summary>
    /// All Pods at this moment. Should two claim the same static Pod's cgroup, the one of higher priority counts, then the older:
    /// a tenant who makes a false mirror has neither.
    /// </summary>
    internal PodSnapshot ToSnapshot()
    {
        lock (_lock)
        {
            return new PodSnapshot(_pods.Values
                .OrderBy(pod => pod.IsMirror)
                .ThenByDescending(pod => pod.Facts.Priority)
                .ThenBy(pod => pod.Created)
                .Select(pod => pod.Facts));
        }
    }

    private void Put(PodObject pod, Dictionary<string, KnownPod> into, Dictionary<string, KnownPod> before)
    {
        var uid = pod.Metadata?.Uid ?? "";
        var last = before.GetValueOrDefault(uid);
        if (node is not null && pod.Spec?.NodeName != node)
        {
            Tell(pod, $"{NameOf(pod)} is of the node '{Yaml.ShownText.Of(pod.Spec?.NodeName ?? "")}', not of {node}, and is ignored", isOfOwner: false);
            return;
        }

        if (into.TryGetValue(uid, out var other) && !IsNamed(other, pod))
        {
            Tell(pod, $"{NameOf(pod)} has the UID of {other.Facts.Namespace}/{other.Facts.Name}, and is ignored", isOfOwner: false);
            return;
        }

        try
        {
            var said = PodObjects.Describe(pod);
            if (into.Count >= PodManifestFolder.MaxPods && !into.ContainsKey(uid))
            {
                throw new FormatException($"there are more than {PodManifestFolder.MaxPods} Pods");
            }

            var findings = new ManifestFindings("");
            into[uid] = new KnownPod(said.ToFacts(findings), pod.Metadata?.CreationTimestamp ?? DateTimeOffset.MaxValue, PodObjects.IsMirror(pod));
            foreach (var problem in findings.ToProblems())
            {
                Tell(pod, problem.Message, isOfOwner: problem.Severity == PodProblemSeverity.Warning);
            }
        }
        catch (FormatException error)
        {
            Tell(pod, $"{NameOf(pod)} cannot be read: {error.Message}; what was last known of it stays", isOfOwner: false);
            if (last is not null)
            {
                into[uid] = last;
            }
        }
    }

    private void Tell(PodObject pod, string message, bool isOfOwner)
    {
        var uid = pod.Metadata?.Uid ?? "";
        if (!_told.TryGetValue(uid, out var told) && _told.Count < PodManifestFolder.MaxPods)
        {
            _told[uid] = told = [];
        }

        if (told is { Count: < MaxToldOfPod } && told.Add(message))
        {
            tell(new PodProblem(pod.Metadata?.Namespace ?? "", pod.Metadata?.Name ?? "", uid, message, isOfOwner));
        }
    }

    private static bool IsNamed(KnownPod known, PodObject pod) =>
        (known.Facts.Namespace, known.Facts.Name) == (pod.Metadata?.Namespace, pod.Metadata?.Name);

    private static string NameOf(PodObject pod) => $"Pod {Yaml.ShownText.Of($"{pod.Metadata?.Namespace}/{pod.Metadata?.Name}")}";

    /// <summary>A list that is not complete yet.</summary>
    internal sealed class PodListing(KnownPods pods)
    {
        private readonly Dictionary<string, KnownPod> _listed = new(StringComparer.Ordinal);

        private readonly HashSet<string> _seen = new(StringComparer.Ordinal);

        internal void Put(PodObject pod)
        {
            lock (pods._lock)
            {
                _seen.Add(pod.Metadata?.Uid ?? "");
                pods.Put(pod, _listed, pods._pods);
            }
        }

        /// <summary>From now on, these Pods and no others are there.</summary>
        internal void Complete()
        {
            lock (pods._lock)
            {
                foreach (var gone in pods._told.Keys.Except(_seen).ToArray())
                {
                    pods._told.Remove(gone);
                }

                pods._pods = _listed;
            }
        }
    }

    private sealed record KnownPod(PodFacts Facts, DateTimeOffset Created, bool IsMirror);
}

/// <summary>Something about a Pod that someone should know.</summary>
/// <param name="Namespace">Its namespace.</param>
/// <param name="Name">Its name.</param>
/// <param name="Uid">metadata.uid.</param>
/// <param name="Message">What is wrong, and what is done about it.</param>
/// <param name="IsOfOwner">True when the Pod's owner can mend it: an annotation.</param>
internal sealed record PodProblem(string Namespace, string Name, string Uid, string Message, bool IsOfOwner);
