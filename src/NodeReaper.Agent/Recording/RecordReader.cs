using System.Text.Json;

namespace NodeReaper.Agent.Recording;

/// <summary>Reads a record line by line, and says of a bad one what is wrong with which line.</summary>
internal static class RecordReader
{
    /// <summary>The longest line that is taken, in bytes: 1,024 containers have a tenth of it.</summary>
    private const int MaxLineBytes = 8 << 20;

    /// <summary>Reads all lines; the last one says that it is whole.</summary>
    /// <param name="path">The record.</param>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be read.</exception>
    /// <exception cref="RecordProblemException">It is torn, was edited, or is of another version.</exception>
    internal static IEnumerable<(int Number, RecordLine Line)> Read(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 64 << 10);
        var check = new LineCheck();
        var number = 0;
        var hasEnded = false;
        while (NextLine(file, path, number + 1) is { } bytes)
        {
            number++;
            var line = hasEnded
                ? throw new RecordProblemException(path, number, "stands after the end of the record; it was edited")
                : Parse(path, number, bytes, check);
            hasEnded = line.End is not null;
            yield return (number, line);
        }

        if (!hasEnded)
        {
            throw new RecordProblemException(
                path, number + 1, number == 0 ? "is empty; a record begins with a line of its version" : "is torn: the record has no end. It is being written, or the agent was killed meanwhile");
        }
    }

    private static RecordLine Parse(string path, int number, byte[] bytes, LineCheck check)
    {
        var line = Deserialize(path, number, bytes);
        if (number == 1 && line.Record is not { Version: RecordHeader.CurrentVersion })
        {
            throw new RecordProblemException(path, number, line.Record is { } header
                ? $"is of version {header.Version}; this nodereaper reads version {RecordHeader.CurrentVersion}. Replay it with nodereaper {header.Agent}"
                : "is no record: its first line does not tell a version");
        }

        if (bytes.Length < LineCheck.Length || !check.After(bytes.AsSpan(..^LineCheck.Length)).AsSpan().SequenceEqual(bytes.AsSpan(^LineCheck.Length..)))
        {
            throw new RecordProblemException(path, number, "was edited, or a line in front of it: its check does not fit");
        }

        return line;
    }

    private static RecordLine Deserialize(string path, int number, byte[] bytes)
    {
        try
        {
            return JsonSerializer.Deserialize(bytes, RecordJson.Default.RecordLine)
                ?? throw new RecordProblemException(path, number, "is null; a line of a record is an object");
        }
        catch (JsonException error)
        {
            throw new RecordProblemException(path, number, $"does not read as a line of a record: {error.Message}");
        }
    }

    // Without its line break; null at the end of the file.
    private static byte[]? NextLine(FileStream file, string path, int number)
    {
        using var line = new MemoryStream();
        int next;
        while ((next = file.ReadByte()) >= 0 && next != '\n')
        {
            if (line.Length == MaxLineBytes)
            {
                throw new RecordProblemException(path, number, $"is longer than {MaxLineBytes >> 20} MiB; this is no record");
            }

            line.WriteByte((byte)next);
        }

        return next < 0 && line.Length == 0 ? null
            : next < 0 ? throw new RecordProblemException(path, number, "is torn: it ends in the middle of the line")
            : line.ToArray();
    }
}
