using System.Globalization;
using System.Text.Json.Nodes;

namespace NodeReaper.TestApiServer;

/// <summary>
/// The Pods of a cluster, with resource versions and their history, as etcd and the API server's watch cache keep them.
/// </summary>
public sealed class PodStore
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, StoredPod> _pods = new(StringComparer.Ordinal);
    private readonly List<PodEvent> _history = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _compacted;

    /// <summary>The newest resource version.</summary>
    public long Version { get; private set; } = 1000;

    /// <summary>Creates a Pod, or changes it.</summary>
    public void Put(JsonObject pod)
    {
        lock (_lock)
        {
            var key = KeyOf(pod);
            var old = _pods.GetValueOrDefault(key);
            var stored = Store(pod);
            _pods[key] = stored;
            Add(new PodEvent(Version, old, stored));
        }
    }

    /// <summary>Finds a Pod.</summary>
    public JsonObject? Find(string podNamespace, string name)
    {
        lock (_lock)
        {
            return _pods.TryGetValue($"{podNamespace}/{name}", out var pod) ? JsonNode.Parse(pod.Json)!.AsObject() : null;
        }
    }

    /// <summary>Deletes a Pod, if it is there.</summary>
    public void Delete(string podNamespace, string name)
    {
        lock (_lock)
        {
            if (!_pods.Remove($"{podNamespace}/{name}", out var old))
            {
                return;
            }

            // The last state, with the version of the deletion.
            Add(new PodEvent(Version + 1, Store((JsonObject)JsonNode.Parse(old.Json)!), null));
        }
    }

    /// <summary>The node's other Pods, and time: the version rises.</summary>
    public void Pass(int versions = 100)
    {
        lock (_lock)
        {
            Version += versions;
        }
    }

    /// <summary>Forgets the past: whoever watches from there is told 410.</summary>
    public void Compact()
    {
        lock (_lock)
        {
            _history.Clear();
            _compacted = Version;
        }
    }

    /// <summary>Goes back to an older version, as after a restore of etcd.</summary>
    public void Restore(long version)
    {
        lock (_lock)
        {
            _history.Clear();
            Version = version;
            _compacted = version;
        }
    }

    /// <summary>All Pods that are selected, in the order of their keys, and the version that they are of.</summary>
    public (IReadOnlyList<StoredPod> Pods, long Version) List(PodSelector? selector)
    {
        lock (_lock)
        {
            return ([.. _pods.Values.Where(pod => Matches(pod, selector))], Version);
        }
    }

    /// <summary>What changed after a version, as someone sees it who watches those that are selected.</summary>
    /// <returns>Null when that is too long ago.</returns>
    public IReadOnlyList<(string Type, StoredPod Pod)>? Since(long version, PodSelector? selector, out long upTo, out Task changed)
    {
        lock (_lock)
        {
            changed = _changed.Task;
            upTo = Version;
            return version < _compacted ? null : [.. _history.Where(each => each.Version > version).Select(each => Seen(each, selector)).OfType<(string, StoredPod)>()];
        }
    }

    private static (string Type, StoredPod Pod)? Seen(PodEvent change, PodSelector? selector) =>
        (change.Before is { } before && Matches(before, selector), change.After is { } after && Matches(after, selector)) switch
        {
            (false, true) => ("ADDED", change.After!),
            (true, true) => ("MODIFIED", change.After!),
            (true, false) => ("DELETED", change.After is null ? change.Before! : change.After),
            _ => null,
        };

    private static bool Matches(StoredPod pod, PodSelector? selector) => selector?.Matches(pod) ?? true;

    private static string KeyOf(JsonObject pod) => $"{pod["metadata"]!["namespace"]}/{pod["metadata"]!["name"]}";

    private StoredPod Store(JsonObject pod)
    {
        Version++;
        var copy = (JsonObject)pod.DeepClone();
        copy.Remove("kind");
        copy.Remove("apiVersion");
        copy["metadata"]!["resourceVersion"] = Version.ToString(CultureInfo.InvariantCulture);
        var item = copy.ToJsonString();
        copy["kind"] = "Pod";
        copy["apiVersion"] = "v1";
        return new StoredPod(KeyOf(copy), copy["spec"]?["nodeName"]?.ToString(), copy["status"]?["phase"]?.ToString(), item, copy.ToJsonString());
    }

    private void Add(PodEvent change)
    {
        _history.Add(change with { Version = Version });
        var waiting = _changed;
        _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        waiting.SetResult();
    }

    private sealed record PodEvent(long Version, StoredPod? Before, StoredPod? After);
}

/// <summary>A Pod at one version.</summary>
/// <param name="Key">Namespace and name.</param>
/// <param name="Node">Its node; null while it has none.</param>
/// <param name="Phase">Its phase.</param>
/// <param name="ItemJson">As an item of a list has it: without kind and apiVersion.</param>
/// <param name="Json">As a watch has it.</param>
public sealed record StoredPod(string Key, string? Node, string? Phase, string ItemJson, string Json);
