using System.Diagnostics;
using NodeReaper.Kernel.Procfs;
using NodeReaper.Kernel.Syscalls;
using NodeReaper.Kernel.Text;

namespace NodeReaper.Engine.Pressure;

/// <summary>
/// Tells whether tasks have lately had to reclaim memory for the node's sake (allocstall of /proc/vmstat). A pod that
/// thrashes at its own limit raises the node's PSI just as a node without memory does, but not this.
/// </summary>
public sealed class GlobalReclaim : IDisposable
{
    private static readonly long s_apart = Stopwatch.Frequency / 2;
    private readonly byte[] _text = new byte[32768];
    private readonly FileDescriptor _vmStat;
    private long _earlier;
    private long _latest;
    private long _latestAt;

    /// <summary>Opens the file.</summary>
    /// <param name="procRoot">The proc file system, such as <c>/proc</c>.</param>
    /// <exception cref="IOException">vmstat cannot be opened.</exception>
    public GlobalReclaim(string procRoot)
    {
        var path = Path.Combine(procRoot, "vmstat");
        _vmStat = FileDescriptor.OpenRead(path, out var error);
        if (!_vmStat.IsOpen)
        {
            throw new IOException($"cannot open {path}: {error}; set --proc-root to where proc is mounted");
        }

        if (TryRead(out var now))
        {
            _earlier = _latest = now;
        }
    }

    /// <summary>Remembers the counter, twice a second at most. Allocates nothing.</summary>
    /// <param name="timestamp">When, in ticks of <see cref="Stopwatch"/>.</param>
    public void Sample(long timestamp)
    {
        if (timestamp - _latestAt >= s_apart && TryRead(out var now))
        {
            _earlier = _latest;
            _latest = now;
            _latestAt = timestamp;
        }
    }

    /// <summary>True when some task had to reclaim for the node's sake since the sample before the last. Allocates nothing.</summary>
    public bool HasStalledTasks() => TryRead(out var now) && now > _earlier;

    /// <inheritdoc/>
    public void Dispose() => _vmStat.Close();

    private bool TryRead(out long stalls)
    {
        stalls = 0;
        var read = _vmStat.ReadWhole(_text);
        if (!read.Succeeded || VmStat.Parse(_text.AsSpan(0, (int)read.Value), out var stat) != ParseOutcome.Ok)
        {
            return false;
        }

        stalls = stat.AllocationStalls;
        return true;
    }
}
