using System.Runtime.InteropServices;
using System.Text;
using System.Text.Unicode;
using Microsoft.Win32.SafeHandles;
using NodeReaper.Kernel.Syscalls;

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
        if (Directory.Exists(path))
        {
            return Refuse("is a folder; name a file");
        }

        Memory<byte> bytes;
        try
        {
            // Opened without waiting: a pipe would keep us until somebody writes.
            var descriptor = FileDescriptor.OpenReadNoWait(path, out var error);
            if (!descriptor.IsOpen)
            {
                return Refuse(Why(error));
            }

            using var file = new FileStream(new SafeFileHandle(descriptor.Number, ownsHandle: true), FileAccess.Read, bufferSize: 0);
            if (!file.CanSeek)
            {
                return Refuse("is no file but a pipe or a device; name a file");
            }

            // No more than the limit is read, whatever the length says: /dev/zero has none.
            using var read = new MemoryStream((int)Math.Min(file.Length, maxBytes) + 1);
            var chunk = new byte[64 << 10];
            int count;
            while (read.Length <= maxBytes && (count = file.Read(chunk)) > 0)
            {
                read.Write(chunk.AsSpan(0, count));
            }

            bytes = read.GetBuffer().AsMemory(0, (int)read.Length);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
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
        if (!Utf8.IsValid(text.Span))
        {
            return Refuse("is not UTF-8 from here on; save it as UTF-8", EndOfGood(text.Span));
        }

        // For a reader of YAML, the file would end there.
        var zero = text.Span.IndexOf((byte)0);
        return zero < 0 ? new TextFile(text, null) : Refuse("has a zero byte here; remove it, or save the file as UTF-8", EndOfGood(text.Span[..zero]));
    }

    /// <summary>Opens the text that was read.</summary>
    internal TextReader Open() =>
        MemoryMarshal.TryGetArray(Bytes!.Value, out var array)
            ? new StreamReader(new MemoryStream(array.Array!, array.Offset, array.Count, writable: false), Encoding.UTF8)
            : throw new InvalidOperationException("the file was not read");

    private static string Why(Errno error) =>
        error == Errno.ENOENT || error == Errno.ENOTDIR ? "there is no such file"
        : error == Errno.EACCES ? "may not be read; run as root, or let it be read (chmod a+r)"
        : $"cannot be read: {error}";

    private static TextFile Refuse(string message, YamlPosition position = default) => new(null, new YamlError(position, "", message));

    private static YamlPosition EndOfGood(ReadOnlySpan<byte> bytes)
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
