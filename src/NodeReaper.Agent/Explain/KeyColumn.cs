using System.Globalization;
using NodeReaper.Agent.Reporting;

namespace NodeReaper.Agent.Explain;

/// <summary>How a ranking key and its value are shown.</summary>
internal static class KeyColumn
{
    /// <summary>The head of its column; of what is a number, with a space in front.</summary>
    /// <param name="key">The key's name.</param>
    internal static string Head(string key) => key switch
    {
        "killPriority" => " KILL PRIORITY",
        "podPriority" => " PRIORITY",
        "cause" => "CAUSE",
        "qosClass" => "QOS CLASS",
        "overRequest" => " OVER REQUEST",
        "growth" => " GROWTH",
        "freeable" => " FREEABLE",
        "youngest" => " YOUNGEST",
        _ => " SCORE",
    };

    /// <summary>The value of a container.</summary>
    /// <param name="ranked">The container.</param>
    /// <param name="key">The key's name.</param>
    internal static string Value(RankedContainer ranked, string key) => key switch
    {
        "killPriority" => ranked.Container.KillPriority.ToString(CultureInfo.InvariantCulture),
        "podPriority" => ranked.Container.PodPriority.ToString(CultureInfo.InvariantCulture),
        "cause" => ranked.Container.IsCause ? "yes" : "no",
        "qosClass" => ranked.Container.QosClass,
        "overRequest" => ByteText.Of(ranked.Container.OverRequestBytes),
        "growth" => $"{ByteText.Of(ranked.Container.GrowthBytesPerSecond)}/s",
        "freeable" => ByteText.Of(ranked.Container.FreeableBytes),

        // The kernel's ID of the cgroup: it rises with each new one.
        "youngest" => string.Create(CultureInfo.InvariantCulture, $"#{ranked.Container.CgroupId}"),
        _ when ranked.Scores.TryGetValue(key, out var score) => score.ToString(CultureInfo.InvariantCulture),
        _ => "?",
    };
}
