using System.Text.Json;
using NodeReaper.Engine.Reporting;

namespace NodeReaper.Agent.Reporting;

/// <summary>
/// Appends one JSON object a line to the incident file, and moves it aside to <c>FILE.1</c> once it is too long: two
/// files at the most.
/// </summary>
internal sealed class IncidentFileSink : IReportSink, IDisposable
{
    private readonly string _path;
    private readonly string? _node;
    private readonly long _maxBytes;
    private FileStream _file;

    /// <exception cref="IOException">The file cannot be opened for appending.</exception>
    internal IncidentFileSink(string path, string? node, long maxBytes)
    {
        _path = path;
        _node = node;
        _maxBytes = maxBytes;
        _file = Open();
    }

    public string Name => "incidentFile";

    public void Write(ReapReport report)
    {
        if (_file.Length >= _maxBytes)
        {
            MoveAside();
        }

        var line = JsonSerializer.SerializeToUtf8Bytes(IncidentRecords.Of(report, _node), IncidentJson.Default.IncidentRecord);
        // One write for the whole line, so that a reader never sees half of one.
        _file.Write([.. line, (byte)'\n']);
        _file.Flush(flushToDisk: true);
    }

    public void Dispose() => _file.Dispose();

    private void MoveAside()
    {
        try
        {
            File.Move(_path, _path + ".1", overwrite: true);
        }
        catch (UnauthorizedAccessException error)
        {
            throw new IOException($"cannot move the incident file {_path} aside: {error.Message}", error);
        }

        // The open file went along; should the new one fail to open, the next report tries again.
        var full = _file;
        _file = Open();
        full.Dispose();
    }

    private FileStream Open()
    {
        try
        {
            if (Path.GetDirectoryName(Path.GetFullPath(_path)) is { } directory)
            {
                Directory.CreateDirectory(directory);
            }

            return new FileStream(_path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        }
        catch (UnauthorizedAccessException error)
        {
            throw new IOException($"cannot write the incident file {_path}: {error.Message}", error);
        }
    }
}
