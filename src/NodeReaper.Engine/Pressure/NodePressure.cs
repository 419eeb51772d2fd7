using System.Diagnostics;
using NodeReaper.Kernel.Procfs;
using NodeReaper.Kernel.Syscalls;
using NodeReaper.Kernel.Text;

namespace NodeReaper.Engine.Pressure;

/// <summary>Reads the node's memory signals. Files stay open, so that a reading needs one call and no allocation.</summary>
public sealed class NodePressure : IDisposable
{
    private readonly byte[] _text = new byte[8192];
    private readonly FileDescriptor _memInfo;
    private readonly GlobalReclaim _reclaim;
    private readonly long _stallWindow;
    private FillRate _fillRate;
    private long _stallBegan;
    private long _stalledAt;

    /// <summary>Opens the files.</summary>
    /// <param name="procRoot">The proc file system, such as <c>/proc</c>.</param>
    /// <param name="stallWindow">How long an alarm of the kernel's counts.</param>
    /// <exception cref="IOException">meminfo or vmstat cannot be opened.</exception>
    public NodePressure(string procRoot, TimeSpan stallWindow)
    {
        var path = Path.Combine(procRoot, "meminfo");
        _memInfo = FileDescriptor.OpenRead(path, out var error);
        if (!_memInfo.IsOpen)
        {
            throw new IOException($"cannot open {path}: {error}; set --proc-root to where proc is mounted");
        }

        _reclaim = new GlobalReclaim(procRoot);
        _stallWindow = (long)(stallWindow.TotalSeconds * Stopwatch.Frequency);
    }

    /// <summary>How many readings failed. The last good one stays in force.</summary>
    public long Failures { get; private set; }

    /// <summary>The last good reading.</summary>
    public PressureReading Last { get; private set; }

    /// <summary>Notes that the kernel's PSI alarm went off just now, if it did for the node's sake.</summary>
    public void NoteStall()
    {
        if (!_reclaim.HasStalledTasks())
        {
            return;
        }

        // While tasks stall, the kernel tells once a window.
        var now = Stopwatch.GetTimestamp();
        if (_stalledAt == 0 || now - _stalledAt >= 2 * _stallWindow)
        {
            _stallBegan = now;
        }

        _stalledAt = now;
    }

    /// <summary>Forgets the last alarm: a kill was the answer to it, and only stalls that come after that count.</summary>
    public void ForgetStall() => _stalledAt = 0;

    /// <summary>Reads the signals. Allocates nothing.</summary>
    /// <returns>False when meminfo could not be read or understood: <see cref="Last"/> is then what it was.</returns>
    public bool Read()
    {
        var read = _memInfo.ReadWhole(_text);
        if (!read.Succeeded || MemInfo.Parse(_text.AsSpan(0, (int)read.Value), out var memory) != ParseOutcome.Ok)
        {
            Failures++;
            return false;
        }

        var now = Stopwatch.GetTimestamp();
        _reclaim.Sample(now);
        var isStalling = _stalledAt > 0 && now - _stalledAt < _stallWindow;
        var stallingFor = isStalling ? Stopwatch.GetElapsedTime(_stallBegan, now) : TimeSpan.Zero;
        Last = new PressureReading(
            now, memory, _fillRate.Add(now, memory.AvailableBytes), isStalling, stallingFor, _reclaim.Rates, _reclaim.Latest.OomKills);
        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _memInfo.Close();
        _reclaim.Dispose();
    }
}
