using System.Runtime.InteropServices;
using System.Text;
using System.Text.Unicode;

namespace NodeReaper.Agent.Yaml;

/// <summary>A file that was read whole, within a limit, and is UTF-8.</summary>
/// <param name="Bytes">What is in it, without a byte order mark; null when it could not be read.</param>
/// <param name="Error">What is wrong with it; null when nothing is.</param>
internal readonly record struct TextFile(ReadOnlyMemory<byte>? Bytes, YamlError? Error)
{
    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>Reads a file.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="maxBytes">How long it may be, in bytes.</param>
    /// <returns>The file, or why it was not read.</returns>
    internal static TextFile Read(string path, int maxBytes)
    {
        Memory<byte> bytes;
        try
        {
            // No more than the limit is read, whatever the length says: /dev/zero has none.
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            using var read = new MemoryStream(file.CanSeek ? (int)Math.Min(file.Length, maxBytes) + 1 : 0);
            var chunk = new byte[64 << 10];
            int count;
            while (read.Length <= maxBytes && (count = file.Read(chunk)) > 0)
            {
                read.Write(chunk.AsSpan(0, count));
            }

            bytes = read.GetBuffer().AsMemory(0, (int)read.Length);
        }
        catch (FileNotFoundException)
        {
            return Refuse("there is no such file");
        }
        catch (DirectoryNotFoundException)
        {
            return Refuse("there is no such file");
        }
        catch (UnauthorizedAccessException)
        {
            return Refuse(Directory.Exists(path) ? "is a folder; name a file" : "may not be read; run as root, or let it be read (chmod a+r)");
        }
        catch (IOException error)
        {
            return Refuse($"cannot be read: {error.Message}");
        }

        return Of(bytes, maxBytes);
    }

    /// <summary>Takes what was read elsewhere.</summary>
    /// <param name="bytes">All of it, in an array.</param>
    /// <param name="maxBytes">How long it may be, in bytes.</param>
    /// <returns>The text, or why it is not taken.</returns>
    internal static TextFile Of(ReadOnlyMemory<byte> bytes, int maxBytes)
    {
        if (bytes.Length > maxBytes)
        {
            return Refuse($"is longer than {maxBytes >> 20} MiB");
        }

        var text = bytes.Span.StartsWith(ByteOrderMark) ? bytes[ByteOrderMark.Length..] : bytes;
        return Utf8.IsValid(text.Span) ? new TextFile(text, null) : Refuse("is not UTF-8 from here on; save it as UTF-8", FirstInvalid(text.Span));
    }

    /// <summary>Opens the text that was read.</summary>
    internal TextReader Open() =>
        MemoryMarshal.TryGetArray(Bytes!.Value, out var array)
            ? new StreamReader(new MemoryStream(array.Array!, array.Offset, array.Count, writable: false), Encoding.UTF8)
            : throw new InvalidOperationException("the file was not read");

    private static TextFile Refuse(string message, YamlPosition position = default) => new(null, new YamlError(position, "", message));

    private static YamlPosition FirstInvalid(ReadOnlySpan<byte> bytes)
    {
        var (line, column) = (1, 1);
        while (Rune.DecodeFromUtf8(bytes, out var rune, out var length) == System.Buffers.OperationStatus.Done)
        {
            (line, column) = rune.Value == '\n' ? (line + 1, 1) : (line, column + 1);
            bytes = bytes[length..];
        }

        return new YamlPosition(line, column);
    }
}
