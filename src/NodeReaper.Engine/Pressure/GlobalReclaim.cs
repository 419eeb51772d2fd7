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
    private VmStat _earlier;
    private VmStat _latest;
    private long _earlierAt;
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
            _earlierAt = _latestAt = Stopwatch.GetTimestamp();
        }
    }

    /// <summary>Remembers the counter, twice a second at most. Allocates nothing.</summary>
    /// <param name="timestamp">When, in ticks of <see cref="Stopwatch"/>.</param>
    public void Sample(long timestamp)
    {
        if (timestamp - _latestAt >= s_apart && TryRead(out var now))
        {
            _earlier = _latest;
            _earlierAt = _latestAt;
            _latest = now;
            _latestAt = timestamp;
        }
    }

    /// <summary>The counters at the last sample.</summary>
    public VmStat Latest => _latest;

    /// <summary>What reclaim has done between the last two samples, and in what time.</summary>
    public ReclaimRates Rates => ReclaimRates.Between(_earlier, _latest, Stopwatch.GetElapsedTime(_earlierAt, _latestAt));

    /// <summary>True when some task had to reclaim for the node's sake since the sample before the last. Allocates nothing.</summary>
    public bool HasStalledTasks() => TryRead(out var now) && now.AllocationStalls > _earlier.AllocationStalls;

    /// <summary>Processes that the kernel's OOM killer has killed until this moment; 0 when that cannot be read. Allocates nothing.</summary>
    public long CountOomKills() => TryRead(out var now) ? now.OomKills : 0;

    /// <inheritdoc/>
    public void Dispose() => _vmStat.Close();

    private bool TryRead(out VmStat stat)
    {
        stat = default;
        var read = _vmStat.ReadWhole(_text);
        return read.Succeeded && VmStat.Parse(_text.AsSpan(0, (int)read.Value), out stat) == ParseOutcome.Ok;
    }
}
