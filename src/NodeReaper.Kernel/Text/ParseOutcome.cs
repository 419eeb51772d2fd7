namespace NodeReaper.Kernel.Text;

/// <summary>
/// How reading a kernel text went. Anything but <see cref="Ok"/> leaves the value at its default, so that half a
/// reading is never taken for a whole one.
/// </summary>
public enum ParseOutcome
{
    /// <summary>All that is required was there and within range.</summary>
    Ok,

    /// <summary>The text has no bytes at all.</summary>
    Empty,

    /// <summary>The text does not end in a newline, so it was cut inside a line: the buffer was too small.</summary>
    Torn,

    /// <summary>A key that every supported kernel (6.1 and later) writes is not there.</summary>
    MissingKey,

    /// <summary>A key that is read has a value in another form than the kernel documents.</summary>
    Malformed,

    /// <summary>A well-formed number that the field cannot hold: negative where that is impossible, or too large.</summary>
    OutOfRange,
}
