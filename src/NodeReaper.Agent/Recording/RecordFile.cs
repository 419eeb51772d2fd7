using System.Buffers;
using System.Text.Json;

namespace NodeReaper.Agent.Recording;

/// <summary>Writes one record, line by line.</summary>
internal sealed class RecordFile : IDisposable
{
    private readonly ArrayBufferWriter<byte> _json = new(1024);
    private readonly Utf8JsonWriter _writer;
    private readonly LineCheck _check = new();
    private readonly FileStream _file;
    private int _lines;

    /// <exception cref="IOException">The file cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">The file cannot be made.</exception>
    internal RecordFile(string path)
    {
        Path = path;
        _writer = new Utf8JsonWriter(_json);
        _file = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            Share = FileShare.ReadWrite | FileShare.Delete,
            BufferSize = 64 << 10,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
    }

    internal string Path { get; }

    /// <summary>How much was written.</summary>
    internal long Bytes { get; private set; }

    /// <exception cref="IOException">The disk is full, or failed.</exception>
    internal void Write(RecordLine line)
    {
        _json.ResetWrittenCount();
        _writer.Reset();
        JsonSerializer.Serialize(_writer, line, RecordJson.Default.RecordLine);
        var json = _json.WrittenSpan[..^1];
        _file.Write(json);
        _file.Write(_check.After(json));
        _file.WriteByte((byte)'\n');
        Bytes += json.Length + LineCheck.Length + 1;
        _lines++;
    }

    /// <summary>Writes the last line, and all of it to the disk.</summary>
    /// <exception cref="IOException">The disk is full, or failed.</exception>
    internal void End(long lostDecisions)
    {
        Write(new RecordLine { End = new RecordEnd(_lines, lostDecisions) });
        _file.Flush(flushToDisk: true);
    }

    /// <summary>What is written so far can be read, whatever becomes of the agent.</summary>
    /// <exception cref="IOException">The disk is full, or failed.</exception>
    internal void Flush() => _file.Flush();

    public void Dispose()
    {
        _writer.Dispose();
        try
        {
            _file.Dispose();
        }
        catch (IOException)
        {
            // What was not written was told when it failed.
        }
    }
}
