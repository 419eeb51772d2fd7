using System.Globalization;
using System.Security.Cryptography;
using NodeReaper.Agent.Reporting;

namespace NodeReaper.Agent.Kubernetes.Events;

/// <summary>Writes Events so that each field passes the API server's validation (pkg/apis/core/validation/events.go).</summary>
internal sealed class EventFormat
{
    /// <summary>The component, in <c>kubectl describe</c> under From.</summary>
    internal const string Controller = "nodereaper";

    /// <summary>What the name of each Event begins with.</summary>
    internal const string NamePrefix = Controller + ".";

    // Both in bytes of UTF-8.
    private const int MaxNoteBytes = 1024;
    private const int MaxInstanceBytes = 128;
    private readonly string _instance;

    /// <summary>Events of one agent.</summary>
    /// <param name="node">Its node.</param>
    internal EventFormat(string node) => _instance = ShortText.Of($"{Controller}-{node}", MaxInstanceBytes);

    /// <summary>Makes an Event. Its name is like no other's, so that one that is sent twice, or told twice where it happens once, is there once.</summary>
    internal EventObject Make(ClusterEvent happened) => new()
    {
        Metadata = new EventMetadata(
            happened.Once is { } once ? NamePrefix + once : NewName(happened.Time),

            // Of objects without a namespace, the API server wants them there.
            happened.Regarding.Namespace ?? "default"),
        EventTime = MicroTime(happened.Time),
        ReportingController = Controller,
        ReportingInstance = _instance,
        Action = happened.Action,
        Reason = happened.Reason,
        Regarding = happened.Regarding,
        Related = happened.Related,
        Note = ShortText.Of(happened.Note, MaxNoteBytes),
        Type = happened.IsWarning ? "Warning" : "Normal",
    };

    /// <summary>A name that no other Event has.</summary>
    internal static string NewName(DateTimeOffset time) =>
        string.Create(CultureInfo.InvariantCulture, $"{NamePrefix}{time.UtcTicks:x}{RandomNumberGenerator.GetHexString(8, lowercase: true)}");

    /// <summary>A time as metav1.MicroTime is read: with six digits, no more and no fewer.</summary>
    internal static string MicroTime(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
}
