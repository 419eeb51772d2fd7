using System.Diagnostics;
using NodeReaper.Engine.Policy;
using NodeReaper.Kernel.Pressure;
using NodeReaper.Kernel.Procfs;
using NodeReaper.Kernel.Syscalls;
using NodeReaper.Kernel.Text;

namespace NodeReaper.Engine.Pressure;

/// <summary>
/// Reads the memory signals of the node and of the slices above its Pods. Files stay open, so that a reading needs a call for each
/// and no allocation.
/// </summary>
public sealed class NodePressure : IDisposable
{
    private readonly byte[] _text = new byte[8192];
    private readonly FileDescriptor _memInfo;
    private readonly FileDescriptor _stall;
    private readonly GlobalReclaim _reclaim;
    private readonly ZramSwap _zram;
    private FillRate _fillRate;
    private StallClock _some;
    private StallClock _full;
    private long _swapAllowance = long.MaxValue;
    private long _swapUsedThen;

    /// <summary>Opens the files.</summary>
    /// <param name="procRoot">The proc file system, such as <c>/proc</c>.</param>
    /// <param name="stallWindow">How long an alarm of the kernel's counts.</param>
    /// <param name="sysRoot">The sysfs file system.</param>
    /// <exception cref="IOException">meminfo or vmstat cannot be opened.</exception>
    public NodePressure(string procRoot, TimeSpan stallWindow, string sysRoot = "/sys")
    {
        var path = Path.Combine(procRoot, "meminfo");
        _memInfo = FileDescriptor.OpenRead(path, out var error);
        if (!_memInfo.IsOpen)
        {
            throw new IOException($"cannot open {path}: {error}; set --proc-root to where proc is mounted");
        }

        // Without it (PSI is off), nothing can be told from it.
        _stall = FileDescriptor.OpenRead(Path.Combine(procRoot, "pressure/memory"), out _);
        _reclaim = new GlobalReclaim(procRoot);
        _zram = new ZramSwap(procRoot, sysRoot);
        var window = (long)(stallWindow.TotalSeconds * Stopwatch.Frequency);
        _some = new StallClock(window);
        _full = new StallClock(window);
    }

    /// <summary>How many readings failed. The last good one stays in force.</summary>
    public long Failures { get; private set; }

    /// <summary>True when the last reading failed.</summary>
    public bool IsFailing { get; private set; }

    /// <summary>The last good reading of the node.</summary>
    public PressureReading Last { get; private set; }

    /// <summary>The slices above the Pods, read along with the node.</summary>
    public PodSlices Slices { get; } = new();

    /// <summary>
    /// How much more the containers may swap out, in bytes; see <see cref="Candidates.SwapAllowance"/>. It is added up every few seconds;
    /// what is swapped out in between is taken off.
    /// </summary>
    public long SwapAllowanceBytes
    {
        get => SwapAllowance(Last.Memory);
        set
        {
            _swapAllowance = value;
            _swapUsedThen = Last.Memory.SwapUsedBytes;
        }
    }

    /// <summary>Notes that the kernel's PSI alarm went off just now, if it did for the node's sake.</summary>
    /// <param name="kind">Which alarm.</param>
    public void NoteStall(PsiKind kind = PsiKind.Some)
    {
        if (_reclaim.HasStalledTasks())
        {
            (kind == PsiKind.Full ? ref _full : ref _some).Note(Stopwatch.GetTimestamp());
        }
    }

    /// <summary>Reads how long tasks of the node have waited for memory since it started. Allocates nothing.</summary>
    /// <param name="stall">The counters.</param>
    /// <returns>False when the kernel does not tell.</returns>
    public bool TryReadStall(out PressureStall stall)
    {
        stall = default;
        Span<byte> text = stackalloc byte[256];
        var read = _stall.IsOpen ? _stall.ReadWhole(text) : SyscallResult.Failed(Errno.ENOENT);
        return read.Succeeded && PressureStall.Parse(text[..(int)read.Value], out stall) == ParseOutcome.Ok;
    }

    /// <summary>Processes that the kernel's OOM killer has killed until this moment; the last reading may be half a second older. Allocates nothing.</summary>
    public long CountKernelOomKills() => _reclaim.CountOomKills();

    /// <summary>Forgets the last alarms: a kill was the answer to them, and only stalls that come after that count.</summary>
    public void ForgetStall()
    {
        ForgetOwnStall();
        Slices.ForgetStall();
    }

    /// <summary>Forgets the last alarms of the node alone, and not those of the slices.</summary>
    public void ForgetOwnStall()
    {
        _some.Forget();
        _full.Forget();
    }

    /// <summary>Looks for swap on zram. Allocates: for quiet moments.</summary>
    public void Discover() => _zram.Discover();

    /// <summary>The share of what is swapped out that takes no memory, 0 to 1; 1 without swap. Allocates nothing.</summary>
    public double SwapOnDisk() => Last.Memory.SwapUsedBytes > 0 ? _zram.ShareOnDisk() : 1;

    /// <summary>Reads the signals. Allocates nothing.</summary>
    /// <param name="policy">The thresholds, which say how closely the slices are looked at.</param>
    /// <returns>False when meminfo could not be read or understood: <see cref="Last"/> is then what it was.</returns>
    public bool Read(PressurePolicy policy)
    {
        var read = _memInfo.ReadWhole(_text);
        if (!read.Succeeded || MemInfo.Parse(_text.AsSpan(0, (int)read.Value), out var memory) != ParseOutcome.Ok)
        {
            Failures++;
            IsFailing = true;
            return false;
        }

        IsFailing = false;
        var now = Stopwatch.GetTimestamp();
        _reclaim.Sample(now);
        var isStalling = _some.IsStalling(now);
        Last = new PressureReading(
            now,
            memory,
            _fillRate.Add(now, memory.AvailableBytes),
            isStalling,
            _some.StallingFor(now),
            _reclaim.Rates,
            _reclaim.Latest.OomKills,
            _full.StallingFor(now),
            Math.Min(SwapAllowance(memory), Math.Max(0, memory.SwapFreeBytes - _zram.UselessBytes())),
            (isStalling ? StallPlaces.Node : 0) | (_full.IsStalling(now) ? StallPlaces.NodeFull : 0) | Slices.Stalling(now));
        Slices.Read(Last, policy);
        return true;
    }

    private long SwapAllowance(in MemInfo memory) =>
        _swapAllowance == long.MaxValue ? long.MaxValue : Math.Max(0, _swapAllowance - Math.Max(0, memory.SwapUsedBytes - _swapUsedThen));

    /// <inheritdoc/>
    public void Dispose()
    {
        _memInfo.Close();
        _stall.Close();
        _reclaim.Dispose();
        _zram.Dispose();
        Slices.Dispose();
    }
}
