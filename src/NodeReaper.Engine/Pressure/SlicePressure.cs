using System.Diagnostics;
using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Policy;
using NodeReaper.Kernel.Cgroups;
using NodeReaper.Kernel.Pressure;
using NodeReaper.Kernel.Syscalls;
using NodeReaper.Kernel.Text;

namespace NodeReaper.Engine.Pressure;

/// <summary>
/// A cgroup above the Pods: all of kubepods, or one of its QoS classes. It has alarms and events of its own; and where the kubelet
/// gave it a limit (node allocatable, reserved memory), it can be short of memory while the node is not: the kernel's OOM killer
/// would then choose among its Pods.
/// </summary>
public sealed class SlicePressure : IDisposable
{
    private readonly byte[] _text = new byte[16384];
    private readonly CgroupDirectory _directory;
    private readonly FileDescriptor _current;
    private readonly FileDescriptor _stat;
    private readonly FileDescriptor _limit;
    private readonly FileDescriptor _ownEvents;
    private readonly byte[] _pathInFront;
    private static readonly long s_reclaimableEvery = Stopwatch.Frequency;
    private static readonly long s_refaultsOver = Stopwatch.Frequency / 2;
    private long _reclaimableAt = long.MinValue / 2;
    private long _reclaimableBytes;
    private long _refaultsAt;
    private long _refaults;
    private long _refaultsPerSecond;
    private long _swapLimitBytes = long.MaxValue;
    private long _swappableBytes = long.MaxValue;
    private StallClock _some;
    private StallClock _full;
    private StallClock _limitMet;
    private FillRate _fillRate;
    private long _timesAtLimit;
    private long _oomsSeen;

    private SlicePressure(string cgroupRoot, SlicePath path, CgroupDirectory directory, PressurePolicy policy)
    {
        Path = path.Path;
        Place = path.Level switch
        {
            KubepodsLevel.Burstable => StallPlaces.Burstable,
            KubepodsLevel.BestEffort => StallPlaces.BestEffort,
            _ => StallPlaces.Kubepods,
        };
        Id = path.Id;
        _pathInFront = [.. System.Text.Encoding.UTF8.GetBytes(path.Path), (byte)'/'];
        _directory = directory;
        _current = Open("memory.current\0"u8);
        _stat = Open("memory.stat\0"u8);
        _limit = Open("memory.max\0"u8);
        _ownEvents = Open("memory.events.local\0"u8);
        Events = Open("memory.events\0"u8);
        var window = (long)(policy.StallWindow.TotalSeconds * Stopwatch.Frequency);
        _some = new StallClock(window);
        _full = new StallClock(window);
        _limitMet = new StallClock(window);
        var pressure = System.IO.Path.Combine(cgroupRoot, path.Path, "memory.pressure");
        var windowMicroseconds = (int)policy.StallWindow.TotalMicroseconds;
        SomeAlarm = PsiTrigger.Open(pressure, PsiKind.Some, (int)policy.Stall.TotalMicroseconds, windowMicroseconds, out _);
        FullAlarm = PsiTrigger.Open(pressure, PsiKind.Full, (int)policy.FullStall.TotalMicroseconds, windowMicroseconds, out _);
        _ = TryReadTimesAtLimit(out _timesAtLimit);
        _oomsSeen = OwnOoms;
    }

    private SlicePressure(string path, in PressureReading reading)
    {
        Path = path;
        _pathInFront = [.. System.Text.Encoding.UTF8.GetBytes(path), (byte)'/'];
        _directory = CgroupDirectory.None;
        _current = _stat = _limit = _ownEvents = Events = FileDescriptor.None;
        IsLimited = true;
        Last = reading;
    }

    /// <summary>The path below the cgroup root.</summary>
    public string Path { get; }

    /// <summary>The kernel's ID of the cgroup.</summary>
    public long Id { get; }

    /// <summary>The open directory.</summary>
    internal CgroupDirectory Directory => _directory;

    /// <summary>What some task of it had waited for memory when it was last asked whose its stalls are, in microseconds.</summary>
    internal long StalledMicroseconds { get; set; }

    /// <summary>Which of the places it is.</summary>
    public StallPlaces Place { get; }

    /// <summary>The kernel's PSI alarm for some task of its Pods; null when there is none.</summary>
    public PsiTrigger? SomeAlarm { get; }

    /// <summary>The one for all of them at once.</summary>
    public PsiTrigger? FullAlarm { get; }

    /// <summary>
    /// memory.events, of it and all below: urgent (POLLPRI) when one of the counters has risen, until it is read. None when it could not
    /// be opened.
    /// </summary>
    public FileDescriptor Events { get; }

    /// <summary>True when it has a limit below the node's memory, as of the last reading.</summary>
    public bool IsLimited { get; private set; }

    /// <summary>How much of what its containers have they may swap out, in bytes; see <see cref="SwapAllowance"/>.</summary>
    public long SwapAllowanceBytes => HasSwapLimit ? Math.Min(_swappableBytes, Math.Max(0, _swapLimitBytes - SwapUsedBytes)) : _swappableBytes;

    /// <summary>True when memory.swap.max of it is not "max".</summary>
    internal bool HasSwapLimit => _swapLimitBytes != long.MaxValue;

    /// <summary>How much its containers have swapped out, in bytes.</summary>
    internal long SwapUsedBytes { get; private set; }

    /// <summary>The last reading; of use only when <see cref="IsLimited"/>.</summary>
    public PressureReading Last { get; private set; }

    /// <summary>Opens a slice.</summary>
    /// <param name="cgroupRoot">Where cgroup v2 is mounted.</param>
    /// <param name="path">Which one.</param>
    /// <param name="policy">What its alarm is set to.</param>
    /// <returns>Null when it is gone.</returns>
    public static SlicePressure? Open(string cgroupRoot, SlicePath path, PressurePolicy policy)
    {
        var directory = CgroupDirectory.Open(System.IO.Path.Combine(cgroupRoot, path.Path), out _);
        return directory.IsOpen ? new SlicePressure(cgroupRoot, path, directory, policy) : null;
    }

    /// <summary>A slice with a limit of its own as it was when something was decided; there are no files behind it.</summary>
    /// <param name="path">The path below the cgroup root.</param>
    /// <param name="reading">The reading.</param>
    public static SlicePressure OfRecord(string path, in PressureReading reading) => new(path, reading);

    /// <summary>Notes that its alarm went off just now. What it tells of the node is for the report alone; of its own limit, it counts when it met that.</summary>
    /// <param name="kind">Which alarm.</param>
    public void NoteStall(PsiKind kind = PsiKind.Some)
    {
        var now = Stopwatch.GetTimestamp();
        NoteLimit(now);
        (kind == PsiKind.Full ? ref _full : ref _some).Note(now);
    }

    /// <summary>Forgets the last alarms.</summary>
    public void ForgetStall()
    {
        _some.Forget();
        _full.Forget();
    }

    /// <summary>Which of its alarms went off within the last window.</summary>
    /// <param name="now">The time, in ticks of <see cref="Stopwatch"/>.</param>
    public StallPlaces Stalling(long now) =>
        (_some.IsStalling(now) ? Place : StallPlaces.None) | (_full.IsStalling(now) ? Place.AllAtOnce() : StallPlaces.None);

    /// <summary>How often the kernel's OOM killer was called for a limit of it or of what is, or was, below it. Allocates nothing.</summary>
    public long OomsWithin => TryReadEvents(Events, out var events) ? events.Oom : 0;

    /// <summary>How many processes it took in it and in what is, or was, below it. Allocates nothing.</summary>
    public long OomKillsWithin => TryReadEvents(Events, out var events) ? events.OomKill : 0;

    /// <summary>How often it was called for its own limit. Allocates nothing.</summary>
    public long OwnOoms => TryReadEvents(_ownEvents, out var events) ? events.Oom : 0;

    /// <summary>True when it was called for its own limit since this was last asked. Allocates nothing.</summary>
    internal bool HasNewOoms()
    {
        var before = _oomsSeen;
        _oomsSeen = OwnOoms;
        return _oomsSeen > before;
    }

    /// <summary>Takes note of its events, so that the next one wakes the poll again.</summary>
    public void RearmEvents() => _ = Events.ReadRecord(_text);

    /// <summary>Reads memory.swap.max; what does not read is 0, and without the file there is no limit. Allocates nothing.</summary>
    internal void ReadSwapLimit()
    {
        if (_directory.ReadValue("memory.swap.max\0"u8, out _swapLimitBytes).IsGone)
        {
            _swapLimitBytes = long.MaxValue;
        }
    }

    /// <summary>Begins to add up what may be swapped out in it.</summary>
    internal void BeginSwap()
    {
        _swappableBytes = 0;
        SwapUsedBytes = 0;
    }

    /// <summary>Adds what may be swapped out, and what is.</summary>
    internal void AddSwap(long swappableBytes, long usedBytes)
    {
        _swappableBytes += swappableBytes;
        SwapUsedBytes += usedBytes;
    }

    /// <summary>True when it is below another one.</summary>
    internal bool IsBelow(SlicePressure other) => _pathInFront.Length > other._pathInFront.Length && _pathInFront.AsSpan().StartsWith(other._pathInFront);

    /// <summary>True when a container is in it.</summary>
    /// <param name="container">The container.</param>
    public bool Holds(ContainerCgroup container) => container.PathBytes.StartsWith(_pathInFront);

    /// <summary>True when Pods of a QoS class are in it.</summary>
    /// <param name="qosClass">The QoS class.</param>
    public bool Holds(QosClass qosClass) => Place switch
    {
        StallPlaces.Burstable => qosClass == QosClass.Burstable,
        StallPlaces.BestEffort => qosClass == QosClass.BestEffort,
        _ => true,
    };

    /// <summary>Reads what is left of its limit, if it has one. Allocates nothing.</summary>
    /// <param name="node">The node's reading of the same moment.</param>
    /// <param name="policy">The thresholds.</param>
    public void Read(in PressureReading node, PressurePolicy policy)
    {
        IsLimited = ReadValue(_limit, out var limit) && limit > 0 && limit < node.Memory.TotalBytes;
        if (!IsLimited || !ReadValue(_current, out var current))
        {
            IsLimited = false;
            return;
        }

        var free = Math.Max(0, limit - current);
        var limits = PressureLimits.OfSlice(policy, limit);

        // Page cache fills every limit in time, and is no use; but what of it there is costs the kernel a look at all cgroups below: while
        // there is no hurry, that is done only now and then.
        var isNear = free < 2 * limits.RecoverToBytes;
        if (isNear || node.Timestamp - _reclaimableAt >= s_reclaimableEvery)
        {
            _reclaimableAt = node.Timestamp;
            ReadStat(node.Timestamp);
        }

        var available = Math.Min(limit, free + Math.Min(_reclaimableBytes, current));
        if (isNear)
        {
            NoteLimit(node.Timestamp);
        }

        // Tasks may have stalled for other reasons before.
        var atLimitFor = _limitMet.StallingFor(node.Timestamp);
        Last = node with
        {
            Memory = node.Memory with { TotalBytes = limit, FreeBytes = free, AvailableBytes = available, HugetlbBytes = 0 },
            FillBytesPerSecond = _fillRate.Add(node.Timestamp, available),
            SwapRoomBytes = Math.Min(node.SwapRoomBytes, SwapAllowanceBytes),
            Reclaim = node.Reclaim with { Refaults = _refaultsPerSecond },
            IsStalling = _limitMet.IsStalling(node.Timestamp) && _some.IsStalling(node.Timestamp),
            StallingFor = Shorter(_some.StallingFor(node.Timestamp), atLimitFor),
            FullyStallingFor = Shorter(_full.StallingFor(node.Timestamp), atLimitFor),
        };
    }

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;

    /// <inheritdoc/>
    public void Dispose()
    {
        SomeAlarm?.Dispose();
        FullAlarm?.Dispose();
        _current.Close();
        _stat.Close();
        _limit.Close();
        _ownEvents.Close();
        Events.Close();
        _directory.Close();
    }

    private void NoteLimit(long now)
    {
        if (TryReadTimesAtLimit(out var times))
        {
            if (times > _timesAtLimit)
            {
                _limitMet.Note(now);
            }

            _timesAtLimit = times;
        }
    }

    private bool TryReadTimesAtLimit(out long times)
    {
        var isRead = TryReadEvents(_ownEvents, out var events);
        times = events.Max;
        return isRead;
    }

    private bool TryReadEvents(FileDescriptor file, out MemoryEvents events)
    {
        events = default;
        var read = file.IsOpen ? file.ReadRecord(_text) : SyscallResult.Failed(Errno.ENOENT);
        return read.Succeeded && MemoryEvents.Parse(_text.AsSpan(0, (int)read.Value), out events) == ParseOutcome.Ok;
    }

    private void ReadStat(long now)
    {
        var read = _stat.IsOpen ? _stat.ReadRecord(_text) : SyscallResult.Failed(Errno.ENOENT);
        if (!read.Succeeded || MemoryStat.Parse(_text.AsSpan(0, (int)read.Value), out var stat) != ParseOutcome.Ok)
        {
            _reclaimableBytes = 0;
            return;
        }

        _reclaimableBytes = ReclaimableBytes(stat);
        if (now - _refaultsAt >= s_refaultsOver)
        {
            _refaultsPerSecond = _refaultsAt == 0
                ? 0
                : (long)(Math.Max(0, stat.Refaults - _refaults) / Stopwatch.GetElapsedTime(_refaultsAt, now).TotalSeconds);
            (_refaults, _refaultsAt) = (stat.Refaults, now);
        }
    }

    // As in MemAvailable: file pages on the LRU lists (no shmem, no mlocked ones) and slab that can be reclaimed. A backup that walks all files
    // fills the limit with dentries and inodes, and nobody has to die for that.
    private static long ReclaimableBytes(in MemoryStat stat) => stat.ActiveFileBytes + stat.InactiveFileBytes + stat.ReclaimableSlabBytes;

    private FileDescriptor Open(ReadOnlySpan<byte> nullTerminatedName)
    {
        var opened = _directory.Descriptor.OpenReadAt(nullTerminatedName);
        return opened.Succeeded ? new FileDescriptor((int)opened.Value) : FileDescriptor.None;
    }

    private static bool ReadValue(FileDescriptor file, out long value)
    {
        value = 0;
        Span<byte> text = stackalloc byte[64];
        if (!file.IsOpen)
        {
            return false;
        }

        var read = file.ReadRecord(text);
        return read.Succeeded && CgroupValue.Parse(text[..(int)read.Value], out value) == ParseOutcome.Ok;
    }
}
