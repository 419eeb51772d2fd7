using System.Globalization;
using System.Text.Json.Nodes;

namespace NodeReaper.TestApiServer;

/// <summary>One Node, with the versions and patches that the API server has for it.</summary>
public sealed class NodeStore
{
    private readonly Lock _lock = new();
    private readonly JsonObject _node = new()
    {
        ["kind"] = "Node",
        ["apiVersion"] = "v1",
        ["metadata"] = new JsonObject { ["name"] = "node-1", ["resourceVersion"] = "5000" },
        ["spec"] = new JsonObject(),
        ["status"] = new JsonObject { ["conditions"] = new JsonArray(new JsonObject { ["type"] = "Ready", ["status"] = "True" }) },
    };

    private long _version = 5000;

    /// <summary>Is told the Node as it is after each change.</summary>
    public event Action<JsonObject>? Written;

    /// <summary>The Node as it is now.</summary>
    public JsonObject Node
    {
        get
        {
            lock (_lock)
            {
                return (JsonObject)_node.DeepClone();
            }
        }
    }

    /// <summary>The keys of its taints.</summary>
    public IEnumerable<string> Taints => ((Node["spec"]!["taints"] as JsonArray) ?? []).Select(taint => taint!["key"]!.ToString());

    /// <summary>The types of its conditions.</summary>
    public IEnumerable<string> Conditions => ((Node["status"]!["conditions"] as JsonArray) ?? []).Select(condition => condition!["type"]!.ToString());

    /// <summary>Somebody else puts a taint there.</summary>
    public void AddTaint(JsonObject taint)
    {
        lock (_lock)
        {
            var spec = _node["spec"]!.AsObject();
            var taints = spec["taints"] as JsonArray ?? [];
            spec["taints"] = new JsonArray([.. taints.Select(each => each!.DeepClone()), taint.DeepClone()]);
            Store();
        }
    }

    /// <summary>Somebody else takes all taints away.</summary>
    public void RemoveTaints()
    {
        lock (_lock)
        {
            _node["spec"]!.AsObject().Remove("taints");
            Store();
        }
    }

    /// <summary>A condition of that type is there.</summary>
    public void AddCondition(string type)
    {
        lock (_lock)
        {
            PatchConditions([new JsonObject { ["type"] = type, ["status"] = "True" }]);
            Store();
        }
    }

    internal (int Code, string Reason, string Message) Patch(string name, string? contentType, bool isStatus, JsonObject patch)
    {
        lock (_lock)
        {
            if (name != _node["metadata"]!["name"]!.ToString())
            {
                return (404, "NotFound", $"nodes \"{name}\" not found");
            }

            if (contentType != (isStatus ? "application/strategic-merge-patch+json" : "application/merge-patch+json"))
            {
                return (415, "UnsupportedMediaType", "what the agent sends there is another kind of patch");
            }

            if (patch["metadata"]?["resourceVersion"]?.ToString() is { } version && version != _node["metadata"]!["resourceVersion"]!.ToString())
            {
                return (409, "Conflict", $"Operation cannot be fulfilled on nodes \"{name}\": the object has been modified");
            }

            if (isStatus)
            {
                PatchConditions(patch["status"]!["conditions"]!.AsArray());
            }
            else if (patch["spec"]?["taints"] is JsonArray taints)
            {
                // A list is replaced as a whole; without a version, that may lose what another wrote.
                _node["spec"]!["taints"] = taints.DeepClone();
            }

            Store();
            return (200, "", "");
        }
    }

    // Merged by type.
    private void PatchConditions(JsonArray changes)
    {
        var conditions = _node["status"]!["conditions"]!.AsArray();
        foreach (var change in changes)
        {
            var known = conditions.FirstOrDefault(each => each!["type"]!.ToString() == change!["type"]!.ToString());
            if (known is not null)
            {
                conditions.Remove(known);
            }

            if (change!["$patch"]?.ToString() != "delete")
            {
                conditions.Add(change.DeepClone());
            }
        }
    }

    private void Store()
    {
        _node["metadata"]!["resourceVersion"] = (++_version).ToString(CultureInfo.InvariantCulture);
        Written?.Invoke((JsonObject)_node.DeepClone());
    }
}
