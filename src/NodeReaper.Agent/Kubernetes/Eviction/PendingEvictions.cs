using System.Text.Json;

namespace NodeReaper.Agent.Kubernetes.Eviction;

/// <summary>The evictions that are under way, on disk, so that the next agent takes them up.</summary>
/// <param name="file">Where they are; null: in memory alone.</param>
internal sealed class PendingEvictions(string? file)
{
    /// <summary>No more are under way at once.</summary>
    internal const int Most = 32;

    private const int MaxFileBytes = 64 << 10;
    private readonly Lock _lock = new();
    private readonly StateFile? _file = file is null ? null : new StateFile(file, MaxFileBytes);
    private readonly List<PendingEviction> _all = [];

    /// <summary>Where they are kept: beside the history of kills.</summary>
    /// <param name="history">The file of that history; null for none.</param>
    internal static PendingEvictions Beside(string? history) =>
        new(history is null ? null : Path.Combine(Path.GetDirectoryName(Path.GetFullPath(history))!, "evictions.json"));

    /// <summary>Takes up what an agent before this one left; what is too old is over.</summary>
    /// <param name="now">The time.</param>
    /// <param name="longest">How long an eviction is tried.</param>
    internal IReadOnlyList<PendingEviction> Load(DateTimeOffset now, TimeSpan longest)
    {
        lock (_lock)
        {
            // What is in the future was begun before the clock was set back: as if it began now.
            _all.AddRange(Read()
                .Select(read => read?.Since > now ? read with { Since = now } : read)
                .OfType<PendingEviction>()
                .Where(read => read is { Namespace.Length: > 0, Name.Length: > 0, Uid.Length: > 0, Why: not null } && now - read.Since < longest)
                .Take(Most));
            _ = Write();
            return [.. _all];
        }
    }

    /// <summary>Takes note of one that begins.</summary>
    /// <returns>What is wrong with the file; null when nothing is.</returns>
    internal string? Add(PendingEviction eviction) => Change(() => _all.Add(eviction));

    /// <summary>Takes note of one that is over.</summary>
    /// <returns>What is wrong with the file; null when nothing is.</returns>
    internal string? Remove(string uid) => Change(() => _all.RemoveAll(each => each.Uid == uid));

    private string? Change(Action change)
    {
        lock (_lock)
        {
            change();
            return Write();
        }
    }

    private string? Write()
    {
        try
        {
            _file?.Write(JsonSerializer.SerializeToUtf8Bytes(_all, EvictionJson.Default.ListPendingEviction));
            return null;
        }
        catch (IOException error)
        {
            return error.Message;
        }
    }

    private List<PendingEviction?> Read()
    {
        try
        {
            return _file?.Read() is { } bytes && JsonSerializer.Deserialize(bytes, EvictionJson.Default.ListPendingEviction) is { } read ? [.. read] : [];
        }
        catch (JsonException)
        {
            return [];
        }
    }
}
