using NodeReaper.Kernel.Text;

namespace NodeReaper.Kernel.Procfs;

/// <summary>
/// Walks the swap areas of /proc/swaps (mm/swapfile.c): a heading, then a line each of name, type, size, use (both in kB of 1,024
/// bytes) and priority, aligned with spaces and tabs. A line that does not read so ends the walk. Allocates nothing.
/// </summary>
public ref struct SwapLines
{
    private ReadOnlySpan<byte> _rest;

    /// <summary>Starts a walk.</summary>
    /// <param name="text">The whole content of the file.</param>
    public SwapLines(ReadOnlySpan<byte> text)
    {
        _rest = KernelText.CheckEnd(text) == ParseOutcome.Ok ? text : [];
        _ = KernelText.TakeUntil((byte)'\n', ref _rest);
    }

    /// <summary>The area at hand: a device such as <c>/dev/zram0</c>, or a file; spaces in it are written as octal escapes.</summary>
    public ReadOnlySpan<byte> Name { get; private set; }

    /// <summary>Its size in bytes.</summary>
    public long SizeBytes { get; private set; }

    /// <summary>What is in use of it, in bytes.</summary>
    public long UsedBytes { get; private set; }

    /// <summary>Goes to the next area.</summary>
    /// <returns>False at the end, and at a line that cannot be read.</returns>
    public bool MoveNext()
    {
        if (_rest.IsEmpty)
        {
            return false;
        }

        var line = KernelText.TakeUntil((byte)'\n', ref _rest);
        Name = Word(ref line);
        _ = Word(ref line);
        if (DecimalNumber.ParseUnsigned(Word(ref line), out var size) != ParseOutcome.Ok
            || DecimalNumber.ParseUnsigned(Word(ref line), out var used) != ParseOutcome.Ok
            || size > long.MaxValue >> 10 || used > size)
        {
            _rest = [];
            return false;
        }

        SizeBytes = size << 10;
        UsedBytes = used << 10;
        return true;
    }

    private static ReadOnlySpan<byte> Word(scoped ref ReadOnlySpan<byte> line)
    {
        line = line.TrimStart(" \t"u8);
        var end = line.IndexOfAny((byte)' ', (byte)'\t');
        var word = end < 0 ? line : line[..end];
        line = line[word.Length..];
        return word;
    }
}
