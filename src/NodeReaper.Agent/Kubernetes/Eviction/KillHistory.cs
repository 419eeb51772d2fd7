using System.Text.Json;

namespace NodeReaper.Agent.Kubernetes.Eviction;

/// <summary>How often the containers of a workload were killed on this node lately, also by agents before this one.</summary>
/// <param name="file">Where that is kept; null: in memory alone.</param>
/// <param name="window">What is older does not count.</param>
internal sealed class KillHistory(string? file, TimeSpan window)
{
    private const int MaxWorkloads = 1024;
    private const int MaxKills = 100;
    private const int MaxFileBytes = 4 << 20;
    private readonly StateFile? _file = file is null ? null : new StateFile(file, MaxFileBytes);
    private Dictionary<string, List<DateTimeOffset>>? _kills;

    /// <summary>Takes note of a kill.</summary>
    /// <param name="workload">Whose.</param>
    /// <param name="time">When.</param>
    /// <returns>How many there were within the window, with this one.</returns>
    internal int Add(string workload, DateTimeOffset time)
    {
        var kills = Current(time);
        if (!kills.TryGetValue(workload, out var known))
        {
            if (kills.Count >= MaxWorkloads)
            {
                kills.Remove(kills.MinBy(each => each.Value[^1]).Key);
            }

            kills[workload] = known = [];
        }

        if (known.Count == MaxKills)
        {
            known.RemoveAt(0);
        }

        known.Add(time);
        return known.Count;
    }

    /// <summary>The most that there were of one workload within the window.</summary>
    /// <param name="time">Now.</param>
    internal int Most(DateTimeOffset time) => Current(time).Values.Select(times => times.Count).DefaultIfEmpty().Max();

    /// <summary>Writes down what was noted.</summary>
    /// <exception cref="IOException">It cannot be written: it counts as long as this agent lives.</exception>
    internal void Save()
    {
        if (_kills is { } kills)
        {
            _file?.Write(JsonSerializer.SerializeToUtf8Bytes(kills, EvictionJson.Default.DictionaryStringListDateTimeOffset));
        }
    }

    private Dictionary<string, List<DateTimeOffset>> Current(DateTimeOffset time)
    {
        var kills = _kills ??= Load();
        foreach (var (workload, times) in kills.ToArray())
        {
            // What is in the future was written before the clock was set back.
            times.RemoveAll(each => each > time || time - each > window);
            if (times.Count == 0)
            {
                kills.Remove(workload);
            }
        }

        return kills;
    }

    private Dictionary<string, List<DateTimeOffset>> Load()
    {
        try
        {
            return _file?.Read() is { } bytes
                && JsonSerializer.Deserialize(bytes, EvictionJson.Default.DictionaryStringListDateTimeOffset) is { } read
                && read.Values.All(times => times is { Count: > 0 })
                ? read
                : [];
        }
        catch (JsonException)
        {
            return [];
        }
    }
}
