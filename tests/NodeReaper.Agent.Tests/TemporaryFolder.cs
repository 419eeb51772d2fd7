namespace NodeReaper.Agent.Tests;

/// <summary>A folder that is gone after the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    // Every write is a little younger than the one before, and all are old enough to be taken at once.
    private DateTime _written = DateTime.UtcNow.AddHours(-1);

    internal string Path { get; } = Directory.CreateTempSubdirectory("nodereaper-test-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);

    internal string PathOf(string name) => System.IO.Path.Combine(Path, name);

    internal string Write(string name, string text) => Write(name, System.Text.Encoding.UTF8.GetBytes(text));

    internal string Write(string name, ReadOnlySpan<byte> bytes)
    {
        var path = PathOf(name);
        File.WriteAllBytes(path, bytes);
        _written = _written.AddMilliseconds(10);
        File.SetLastWriteTimeUtc(path, _written);
        return path;
    }
}
