using NodeReaper.Kernel.Syscalls;

namespace NodeReaper.Engine.Killing;

/// <summary>
/// Counts every error of the kill path by call and errno, also those that were repaired by a retry or a fallback: nothing
/// that a kernel answers goes unnoticed. Safe from several threads; allocates nothing.
/// </summary>
public sealed class KillErrors
{
    // errno.h ends at 133; anything above shares the last place.
    private const int ErrnoCount = 135;
    private static readonly int s_callCount = Enum.GetValues<KillCall>().Length;

    private readonly long[] _counts = new long[s_callCount * ErrnoCount];

    /// <summary>Counts an error; success is not counted.</summary>
    /// <param name="call">What was called.</param>
    /// <param name="error">What it answered.</param>
    /// <returns>The same error.</returns>
    public Errno Note(KillCall call, Errno error)
    {
        if (!error.IsNone)
        {
            Interlocked.Increment(ref _counts[((int)call * ErrnoCount) + Math.Min(error.Value, ErrnoCount - 1)]);
        }

        return error;
    }

    /// <summary>How often a call answered with an error.</summary>
    /// <param name="call">The call.</param>
    /// <param name="error">The error.</param>
    public long Of(KillCall call, Errno error) =>
        Interlocked.Read(ref _counts[((int)call * ErrnoCount) + Math.Min(error.Value, ErrnoCount - 1)]);

    /// <summary>All that were counted, for reports; not for the kill path.</summary>
    public IEnumerable<(KillCall Call, Errno Error, long Count)> All()
    {
        for (var i = 0; i < _counts.Length; i++)
        {
            if (Interlocked.Read(ref _counts[i]) is > 0 and var count)
            {
                yield return ((KillCall)(i / ErrnoCount), new Errno(i % ErrnoCount), count);
            }
        }
    }
}
