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
    private KnownPodTable _pods = new();

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
            if (_pods.Find(uid) is { } known && !IsNamed(known, pod))
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
            return new PodSnapshot(_pods.All
                .OrderBy(pod => pod.IsMirror)
                .ThenByDescending(pod => pod.Facts.Priority)
                .ThenBy(pod => pod.Created)
                .Select(pod => pod.Facts));
        }
    }

    private void Put(PodObject pod, KnownPodTable into, KnownPodTable before)
    {
        var uid = pod.Metadata?.Uid ?? "";
        var last = before.Find(uid);
        if (node is not null && pod is { IsTooLarge: false } && pod.Spec?.NodeName != node)
        {
            Tell(pod, $"{NameOf(pod)} is of the node '{Yaml.ShownText.Of(pod.Spec?.NodeName ?? "")}', not of {node}, and is ignored", isOfOwner: false);
            return;
        }

        if (into.Find(uid) is { } other && !IsNamed(other, pod))
        {
            Tell(pod, $"{NameOf(pod)} has the UID of {other.Facts.Namespace}/{other.Facts.Name}, and is ignored", isOfOwner: false);
            return;
        }

        if (pod.Status?.Phase is "Succeeded" or "Failed")
        {
            // Nothing of it runs any more. Tenants can leave any number of them.
            into.Remove(uid);
            return;
        }

        try
        {
            if (pod.IsTooLarge)
            {
                throw new FormatException($"it has more than {JsonBuffer.MaxItemBytes >> 20} MiB");
            }

            var said = PodObjects.Describe(pod);
            var findings = new ManifestFindings("");
            var known = new KnownPod(said.ToFacts(findings), pod.Metadata?.CreationTimestamp ?? DateTimeOffset.MaxValue, PodObjects.IsMirror(pod));
            foreach (var (goes, largest) in into.MakeRoom(uid, known))
            {
                TellItGoes(goes, largest);
            }

            if (into.WhyNot(uid, known) is { } why)
            {
                throw new FormatException(why);
            }

            into.Put(uid, known);
            foreach (var problem in findings.ToProblems())
            {
                Tell(pod, problem.Message, isOfOwner: problem.Severity == PodProblemSeverity.Warning);
            }
        }
        catch (FormatException error)
        {
            Tell(pod, $"{NameOf(pod)} cannot be read: {error.Message}; what was last known of it stays", isOfOwner: false);
            if (last is not null && into.HasRoomFor(uid, last))
            {
                into.Put(uid, last);
            }
        }
    }

    private void TellItGoes(string uid, KnownPod largest)
    {
        var (podNamespace, name) = (largest.Facts.Namespace, largest.Facts.Name);
        Tell(uid, new PodProblem(
            podNamespace,
            name,
            largest.Facts.Uid,
            $"Pod {podNamespace}/{name} is known by its cgroup path alone: of all Pods, which have more than {PodManifestFolder.MaxContainers} containers, it has the most",
            IsOfOwner: false));
    }

    private void Tell(PodObject pod, string message, bool isOfOwner) => Tell(
        pod.Metadata?.Uid ?? "",
        new PodProblem(pod.Metadata?.Namespace ?? "", pod.Metadata?.Name ?? "", PodObjects.UidInEvents(pod), message, isOfOwner));

    private void Tell(string uid, PodProblem problem)
    {
        if (!_told.TryGetValue(uid, out var told) && _told.Count < PodManifestFolder.MaxPods)
        {
            _told[uid] = told = [];
        }

        if (told is { Count: < MaxToldOfPod } && told.Add(problem.Message))
        {
            tell(problem);
        }
    }

    private static bool IsNamed(KnownPod known, PodObject pod) =>
        (known.Facts.Namespace, known.Facts.Name) == (pod.Metadata?.Namespace, pod.Metadata?.Name);

    private static string NameOf(PodObject pod) => $"Pod {Yaml.ShownText.Of($"{pod.Metadata?.Namespace}/{pod.Metadata?.Name}")}";

    /// <summary>A list that is not complete yet.</summary>
    internal sealed class PodListing(KnownPods pods)
    {
        private readonly KnownPodTable _listed = new();

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
}

/// <summary>Something about a Pod that someone should know.</summary>
/// <param name="Namespace">Its namespace.</param>
/// <param name="Name">Its name.</param>
/// <param name="Uid">What kubectl describe finds its Events by: metadata.uid; of the mirror of a static Pod, that one's.</param>
/// <param name="Message">What is wrong, and what is done about it.</param>
/// <param name="IsOfOwner">True when the Pod's owner can mend it: an annotation.</param>
internal sealed record PodProblem(string Namespace, string Name, string Uid, string Message, bool IsOfOwner);
