using System.Text.Json;
using NodeReaper.Agent.Options;

namespace NodeReaper.Agent.Recording;

/// <summary>
/// Reads a record line by line, and says of a bad one what is wrong with which line. One whose end is missing is no bad one: what is in front
/// of it was checked line by line.
/// </summary>
/// <param name="path">The record.</param>
internal sealed class RecordReader(string path)
{
    /// <summary>The longest line that is taken, in bytes: 1,024 containers have a tenth of it.</summary>
    private const int MaxLineBytes = 8 << 20;

    private bool _endsWithinLine;

    /// <summary>After which line the record is torn, once all of it is read; null for a whole one.</summary>
    internal int? TornAfter { get; private set; }

    /// <summary>Reads all lines; of a torn record, those in front of its end.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It cannot be read.</exception>
    /// <exception cref="RecordProblemException">It is empty, was edited, or is of another version.</exception>
    internal IEnumerable<(int Number, RecordLine Line)> Read()
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 64 << 10);
        var check = new LineCheck();
        var number = 0;
        var hasEnded = false;
        while (NextLine(file, number + 1) is { } bytes)
        {
            number++;
            var line = hasEnded
                ? throw AfterTheEnd(number)
                : Parse(number, bytes, check);
            hasEnded = line.End is not null;
            yield return (number, line);
        }

        if (number == 0)
        {
            throw new RecordProblemException(path, 1, $"is {(_endsWithinLine ? "torn in its first line" : "empty")}; a record begins with a line of its version");
        }

        if (hasEnded && _endsWithinLine)
        {
            throw AfterTheEnd(number + 1);
        }

        TornAfter = hasEnded ? null : number;
    }

    private RecordProblemException AfterTheEnd(int number) => new(path, number, "stands after the end of the record; it was edited");

    private RecordLine Parse(int number, byte[] bytes, LineCheck check)
    {
        var line = Deserialize(number, bytes);
        if (number == 1)
        {
            CheckVersion(line.Record);
        }

        if (bytes.Length < LineCheck.Length || !check.After(bytes.AsSpan(..^LineCheck.Length)).AsSpan().SequenceEqual(bytes.AsSpan(^LineCheck.Length..)))
        {
            throw new RecordProblemException(path, number, "was edited, or a line in front of it: its check does not fit");
        }

        return line;
    }

    private void CheckVersion(RecordHeader? header)
    {
        if (header is null)
        {
            throw new RecordProblemException(path, 1, "is no record: its first line does not tell a version");
        }

        if (header.Version != RecordHeader.CurrentVersion)
        {
            throw new RecordProblemException(
                path, 1, $"is of version {header.Version}; this nodereaper reads version {RecordHeader.CurrentVersion}. Replay it with nodereaper {header.Agent}");
        }

        if (header.PolicyVersion is { } policy && policy != PolicyFile.FormatVersion)
        {
            throw new RecordProblemException(
                path, 1, $"has policies of version {policy}; this nodereaper reads version {PolicyFile.FormatVersion}. Replay it with nodereaper {header.Agent}");
        }
    }

    private RecordLine Deserialize(int number, byte[] bytes)
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

    // Without its line break; null at the end of the file, and for a line that is torn: it was being written when the agent was killed.
    private byte[]? NextLine(FileStream file, int number)
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

        _endsWithinLine = next < 0 && line.Length > 0;
        return next < 0 ? null : line.ToArray();
    }
}
