using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace NodeReaper.TestApiServer;

/// <summary>
/// What the API server demands of an events.k8s.io/v1 Event that is created (pkg/apis/core/validation/events.go of Kubernetes),
/// with unknown fields refused, as fieldValidation=Strict does. Lengths are of UTF-8 bytes, as Go's len() has them.
/// </summary>
public static partial class EventRules
{
    private static readonly string[] s_fields =
        ["apiVersion", "kind", "metadata", "eventTime", "series", "reportingController", "reportingInstance", "action", "reason", "regarding", "related", "note", "type"];

    private static readonly string[] s_referenceFields = ["kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath"];

    /// <summary>All that is wrong with it.</summary>
    public static List<string> Violations(string requestNamespace, JsonObject written)
    {
        var wrong = new List<string>();
        foreach (var (field, _) in written)
        {
            Check(s_fields.Contains(field), $"unknown field \"{field}\"");
        }

        Check(Text("apiVersion") == "events.k8s.io/v1" && Text("kind") == "Event", "apiVersion and kind: not an Event of events.k8s.io/v1");
        var metadata = written["metadata"] as JsonObject;
        var eventNamespace = metadata?["namespace"]?.ToString() ?? "";
        Check(eventNamespace == requestNamespace, "metadata.namespace: does not match the namespace of the request");
        Check(eventNamespace.Length is > 0 and <= 63 && Label().IsMatch(eventNamespace), "metadata.namespace: not a namespace");
        var name = metadata?["name"]?.ToString() ?? "";
        Check(name.Length is > 0 and <= 253 && Subdomain().IsMatch(name), "metadata.name: not a DNS subdomain");

        Check(written["eventTime"] is not null, "eventTime: Required value");
        Check(written["eventTime"] is null || IsMicroTime(Text("eventTime")), "eventTime: not RFC 3339 with microseconds");
        Check(Text("type") is "Normal" or "Warning", "type: has invalid value");

        Required("reportingController", int.MaxValue);
        Check(IsQualifiedName(Text("reportingController")), "reportingController: name part must consist of alphanumeric characters");
        Required("reportingInstance", 128);
        Required("action", 128);
        Required("reason", 128);
        Check(Encoding.UTF8.GetByteCount(Text("note")) <= 1024, "note: can have at most 1024 characters");

        Reference("regarding");
        Reference("related");
        var regardingNamespace = written["regarding"]?["namespace"]?.ToString() ?? "";
        Check(
            regardingNamespace.Length > 0 ? regardingNamespace == eventNamespace : eventNamespace is "default" or "kube-system",
            "regarding.namespace: does not match event.namespace");

        if (written["series"] is JsonObject series)
        {
            Check(series["count"] is JsonValue count && count.TryGetValue<int>(out var times) && times >= 2, "series.count: should be at least 2");
            Check(IsMicroTime(series["lastObservedTime"]?.ToString() ?? ""), "series.lastObservedTime: Required value");
        }

        return wrong;

        string Text(string field) => written[field]?.ToString() ?? "";

        void Check(bool isRight, string violation)
        {
            if (!isRight)
            {
                wrong.Add(violation);
            }
        }

        void Required(string field, int most)
        {
            Check(Text(field).Length > 0, $"{field}: Required value");
            Check(Encoding.UTF8.GetByteCount(Text(field)) <= most, $"{field}: can have at most {most} characters");
        }

        void Reference(string field)
        {
            foreach (var (each, _) in written[field] as JsonObject ?? [])
            {
                Check(s_referenceFields.Contains(each), $"unknown field \"{field}.{each}\"");
            }
        }
    }

    // metav1.MicroTime reads six digits, no more and no fewer.
    private static bool IsMicroTime(string text) =>
        DateTimeOffset.TryParseExact(
            text, "yyyy-MM-dd'T'HH:mm:ss.ffffffK", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) && time.Year > 1;

    private static bool IsQualifiedName(string text) =>
        text.Split('/') is [.., var name] parts && parts.Length <= 2 && name.Length is > 0 and <= 63 && QualifiedName().IsMatch(name)
        && (parts.Length == 1 || (parts[0].Length <= 253 && Subdomain().IsMatch(parts[0])));

    [GeneratedRegex("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")]
    private static partial Regex Label();

    [GeneratedRegex(@"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$")]
    private static partial Regex Subdomain();

    [GeneratedRegex("^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$")]
    private static partial Regex QualifiedName();
}
