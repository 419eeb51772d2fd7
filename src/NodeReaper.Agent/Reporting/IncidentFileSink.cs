using System.Text.Json;
using NodeReaper.Engine.Reporting;

namespace NodeReaper.Agent.Reporting;

/// <summary>
/// Appends one JSON object a line to the incident file, and moves it aside to <c>FILE.1</c> once it is too long: two files at the most. The
/// file is opened for each line, for others may rotate, empty or remove it at any time; what cannot be written costs that line alone.
/// </summary>
/// <param name="path">The file.</param>
/// <param name="node">The node's name; null when it is not known.</param>
/// <param name="maxBytes">From which length on it is moved aside.</param>
internal sealed class IncidentFileSink(string path, string? node, long maxBytes) : IReportSink
{
    public string Name => "incidentFile";

    /// <summary>Why no line can be written just now; null when one can. Leaves the file, which may be empty, for whoever follows it.</summary>
    internal string? Problem()
    {
        try
        {
            using var file = Open();
            return null;
        }
        catch (IOException error)
        {
            return error.Message;
        }
    }

    public void Write(ReapReport report)
    {
        var line = JsonSerializer.SerializeToUtf8Bytes(IncidentRecords.Of(report, node), IncidentJson.Default.IncidentRecord);
        using var file = OpenWithRoom();
        var length = file.Length;
        try
        {
            // One write for the whole line, so that a reader never sees half of one.
            file.Write([.. line, (byte)'\n']);
            file.Flush(flushToDisk: true);
        }
        catch (IOException)
        {
            // Half a line would spoil the next one, too.
            file.SetLength(length);
            throw;
        }
    }

    private FileStream OpenWithRoom()
    {
        var file = Open();
        if (file.Length < maxBytes)
        {
            return file;
        }

        file.Dispose();
        try
        {
            File.Move(path, path + ".1", overwrite: true);
        }
        catch (UnauthorizedAccessException error)
        {
            throw new IOException($"cannot move the incident file {path} aside: {error.Message}", error);
        }

        return Open();
    }

    private FileStream Open()
    {
        try
        {
            if (Path.GetDirectoryName(Path.GetFullPath(path)) is { } directory)
            {
                Directory.CreateDirectory(directory);
            }

            return new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"cannot write the incident file {path}: {error.Message}", error);
        }
    }
}
