using System.Text;
using NodeReaper.Kernel.Block;
using NodeReaper.Kernel.Procfs;
using NodeReaper.Kernel.Syscalls;
using NodeReaper.Kernel.Text;

namespace NodeReaper.Engine.Pressure;

/// <summary>
/// How much of the free swap is worth nothing because it is memory itself: what goes to zram stays in memory, compressed, and
/// what does not compress stays there whole.
/// </summary>
public sealed class ZramSwap : IDisposable
{
    // Before a device holds this much, its ratio is an accident.
    private const long TellingBytes = 4L << 20;
    private const double UsualShare = 0.5;

    private readonly byte[] _areas = new byte[4096];
    private readonly byte[] _stat = new byte[256];
    private readonly string _sysRoot;
    private readonly FileDescriptor _swaps;
    private readonly List<Device> _devices = [];

    /// <summary>Opens what lists the swap areas; where it cannot be opened, no swap counts as zram.</summary>
    /// <param name="procRoot">The proc file system, such as <c>/proc</c>.</param>
    /// <param name="sysRoot">The sysfs file system, such as <c>/sys</c>.</param>
    public ZramSwap(string procRoot, string sysRoot)
    {
        _sysRoot = sysRoot;
        _swaps = FileDescriptor.OpenRead(Path.Combine(procRoot, "swaps"), out _);
    }

    /// <summary>Looks for zram among the swap areas. Opens files and allocates: for quiet moments.</summary>
    public void Discover()
    {
        foreach (var device in _devices)
        {
            device.Stat.Close();
        }

        _devices.Clear();
        var areas = Areas();
        while (areas.MoveNext())
        {
            var name = areas.Name[(areas.Name.LastIndexOf((byte)'/') + 1)..];
            if (name.StartsWith("zram"u8))
            {
                var path = Path.Combine(_sysRoot, "block", Encoding.UTF8.GetString(name), "mm_stat");
                var stat = FileDescriptor.OpenRead(path, out _);
                if (stat.IsOpen)
                {
                    _devices.Add(new Device([.. areas.Name], stat));
                }
            }
        }
    }

    /// <summary>The part of the free swap that takes as much memory as it gives, in bytes. Allocates nothing.</summary>
    public long UselessBytes()
    {
        if (_devices.Count == 0)
        {
            return 0;
        }

        long useless = 0;
        var areas = Areas();
        while (areas.MoveNext())
        {
            for (var i = 0; i < _devices.Count; i++)
            {
                if (areas.Name.SequenceEqual(_devices[i].Name))
                {
                    var free = areas.SizeBytes - areas.UsedBytes;
                    var share = ShareThatStays(_devices[i].Stat, out var use);

                    // A device that may take no more memory refuses what is swapped out to it.
                    var room = use.LimitBytes > 0 ? Math.Min(free, Math.Max(0, use.LimitBytes - use.UsedBytes) / share) : free;
                    useless += free - (long)(room * (1 - share));
                }
            }
        }

        return useless;
    }

    /// <summary>The share of what is swapped out that takes no memory, 0 to 1. Allocates nothing.</summary>
    public double ShareOnDisk()
    {
        long used = 0;
        double stays = 0;
        var areas = Areas();
        while (areas.MoveNext())
        {
            used += areas.UsedBytes;
            for (var i = 0; i < _devices.Count; i++)
            {
                if (areas.Name.SequenceEqual(_devices[i].Name))
                {
                    stays += areas.UsedBytes * ShareThatStays(_devices[i].Stat, out _);
                }
            }
        }

        return used > 0 ? 1 - (stays / used) : 1;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _swaps.Close();
        foreach (var device in _devices)
        {
            device.Stat.Close();
        }

        _devices.Clear();
    }

    private SwapLines Areas()
    {
        var read = _swaps.IsOpen ? _swaps.ReadWhole(_areas) : SyscallResult.Failed(Errno.ENOENT);
        return new SwapLines(read.Succeeded ? _areas.AsSpan(0, (int)read.Value) : []);
    }

    private double ShareThatStays(FileDescriptor stat, out ZramUse use)
    {
        use = default;
        var read = stat.ReadWhole(_stat);
        return read.Succeeded
            && ZramUse.Parse(_stat.AsSpan(0, (int)read.Value), out use) == ParseOutcome.Ok
            && use.OriginalBytes >= TellingBytes
            ? Math.Min(1, (double)use.UsedBytes / use.OriginalBytes)
            : UsualShare;
    }

    private readonly record struct Device(byte[] Name, FileDescriptor Stat);
}
