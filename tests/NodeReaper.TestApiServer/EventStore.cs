using System.Collections.Concurrent;
using System.Text.Json.Nodes;

namespace NodeReaper.TestApiServer;

/// <summary>The events.k8s.io/v1 Events that were accepted.</summary>
public sealed class EventStore
{
    private readonly ConcurrentDictionary<string, JsonObject> _byName = new(StringComparer.Ordinal);

    /// <summary>Is told every Event as it was written, and every change of one.</summary>
    public event Action<JsonObject>? Written;

    /// <summary>Is told what was refused, and why.</summary>
    public event Action<JsonObject, string>? Refused;

    /// <summary>All Events, the oldest first.</summary>
    public IReadOnlyList<JsonObject> All => [.. _byName.Values.OrderBy(each => each["eventTime"]!.ToString(), StringComparer.Ordinal)];

    /// <summary>Writes an Event, as the API server would.</summary>
    public (int Code, string Reason, string Message) Create(string eventNamespace, JsonObject written)
    {
        var name = written["metadata"]?["name"]?.ToString() ?? "";
        if (EventRules.Violations(eventNamespace, written) is { Count: > 0 } violations)
        {
            return Refuse(written, 422, "Invalid", $"Event.events.k8s.io \"{name}\" is invalid: {string.Join(", ", violations)}");
        }

        if (!_byName.TryAdd($"{eventNamespace}/{name}", written))
        {
            return Refuse(written, 409, "AlreadyExists", $"events.events.k8s.io \"{name}\" already exists");
        }

        Written?.Invoke(written);
        return (201, "", "");
    }

    /// <summary>Forgets all Events, as the API server does after their time.</summary>
    public void Expire() => _byName.Clear();

    internal (int Code, string Reason, string Message) Patch(string eventNamespace, string name, JsonObject patch)
    {
        if (!_byName.TryGetValue($"{eventNamespace}/{name}", out var old))
        {
            return Refuse(patch, 404, "NotFound", $"events.events.k8s.io \"{name}\" not found");
        }

        var changed = (JsonObject)old.DeepClone();
        Merge(changed, patch);
        var violations = EventRules.Violations(eventNamespace, changed);
        foreach (var (field, value) in changed)
        {
            if (field is not ("series" or "metadata") && !JsonNode.DeepEquals(value, old[field]))
            {
                violations.Add($"{field}: field is immutable");
            }
        }

        if (violations.Count > 0)
        {
            return Refuse(patch, 422, "Invalid", $"Event.events.k8s.io \"{name}\" is invalid: {string.Join(", ", violations)}");
        }

        _byName[$"{eventNamespace}/{name}"] = changed;
        Written?.Invoke(changed);
        return (200, "", "");
    }

    private (int Code, string Reason, string Message) Refuse(JsonObject what, int code, string reason, string message)
    {
        Refused?.Invoke(what, message);
        return (code, reason, message);
    }

    // RFC 7386.
    private static void Merge(JsonObject target, JsonObject patch)
    {
        foreach (var (name, value) in patch)
        {
            if (value is null)
            {
                target.Remove(name);
            }
            else if (value is JsonObject inner && target[name] is JsonObject known)
            {
                Merge(known, inner);
            }
            else
            {
                target[name] = value.DeepClone();
            }
        }
    }
}
