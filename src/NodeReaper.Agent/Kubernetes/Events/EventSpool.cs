using System.Text.Json;

namespace NodeReaper.Agent.Kubernetes.Events;

/// <summary>
/// Events on disk, a file for each, until they are delivered. Without a folder, they live as long as the agent. Files of others in the folder stay.
/// </summary>
/// <param name="folder">The folder; null for none.</param>
internal sealed class EventSpool(string? folder)
{
    private const string Extension = ".json";
    private const int MaxFileBytes = 64 << 10;

    /// <summary>What is wrong with the folder; null while it works.</summary>
    internal string? Trouble { get; private set; }

    /// <summary>Reads what an agent before this one left, the oldest first; what is no Event is thrown away.</summary>
    /// <param name="most">No more are read; the others are thrown away.</param>
    /// <param name="dropped">Is called for each that is thrown away.</param>
    internal List<SpooledEvent> Load(int most, Action dropped)
    {
        var found = new List<SpooledEvent>();
        Try(() =>
        {
            Directory.CreateDirectory(folder!, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            foreach (var path in Directory.EnumerateFiles(folder!).Where(IsOurs).Order(StringComparer.Ordinal))
            {
                if (found.Count < most && Read(path) is { } spooled)
                {
                    found.Add(spooled);
                }
                else
                {
                    File.Delete(path);
                    if (path.EndsWith(Extension, StringComparison.Ordinal))
                    {
                        dropped();
                    }
                }
            }
        });
        found.Sort((one, other) => string.CompareOrdinal(one.Event.EventTime, other.Event.EventTime));
        return found;
    }

    /// <summary>Writes an Event, whole or not at all.</summary>
    internal void Save(SpooledEvent spooled) => Try(() =>
        WholeFile.Write(PathOf(spooled.Event.Metadata.Name), JsonSerializer.SerializeToUtf8Bytes(spooled, EventJson.Default.SpooledEvent)));

    /// <summary>Forgets an Event.</summary>
    internal void Remove(string name) => Try(() => File.Delete(PathOf(name)));

    private string PathOf(string name) => Path.Combine(folder!, name + Extension);

    private static bool IsOurs(string path) =>
        Path.GetFileName(path.AsSpan()) is var name && name.StartsWith(EventFormat.NamePrefix, StringComparison.Ordinal)
        && (name.EndsWith(Extension, StringComparison.Ordinal) || name.EndsWith(Extension + WholeFile.Half, StringComparison.Ordinal));

    private static SpooledEvent? Read(string path)
    {
        if (!path.EndsWith(Extension, StringComparison.Ordinal) || new FileInfo(path).Length > MaxFileBytes)
        {
            return null;
        }

        try
        {
            var spooled = JsonSerializer.Deserialize(File.ReadAllBytes(path), EventJson.Default.SpooledEvent);
            return spooled?.Event?.Metadata?.Name is { } name && name + Extension == Path.GetFileName(path) ? spooled : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private void Try(Action work)
    {
        if (folder is null)
        {
            return;
        }

        try
        {
            work();
            Trouble = null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            Trouble = error.Message;
        }
    }
}
