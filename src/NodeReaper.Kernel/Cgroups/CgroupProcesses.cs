using NodeReaper.Kernel.Syscalls;

namespace NodeReaper.Kernel.Cgroups;

/// <summary>
/// The processes of a cgroup and of every cgroup below it (crun and init systems nest theirs). The buffers are made
/// once, so that a listing allocates nothing.
/// </summary>
public sealed class CgroupProcesses
{
    private const int MaxDepth = 64;
    private const int MaxCgroups = 1024;
    private const int EntriesLength = 1024;

    // Eight bytes a line: a seven-digit ID and its newline.
    private const int BytesPerProcess = 8;

    private readonly int[] _ids;
    private readonly byte[] _text;
    private readonly byte[][] _entries = new byte[MaxDepth][];
    private int _count;
    private int _cgroupCount;

    /// <summary>Makes the buffers.</summary>
    /// <param name="capacity">The most processes that are kept, above 0.</param>
    public CgroupProcesses(int capacity)
    {
        _ids = new int[capacity];
        _text = new byte[(capacity * BytesPerProcess) + 1];
        for (var i = 0; i < MaxDepth; i++)
        {
            _entries[i] = new byte[EntriesLength];
        }
    }

    /// <summary>The process IDs that the last listing found, ascending. The kernel may list one twice; here it stands once.</summary>
    public ReadOnlySpan<int> Ids => _ids.AsSpan(0, _count);

    /// <summary>How many processes of another PID namespace were there, which cannot be named from this one.</summary>
    public int ForeignCount { get; private set; }

    /// <summary>
    /// False when there were more processes than fit, or cgroups than are looked into: 1,024, no deeper than 64. Who may make cgroups of its
    /// own must neither hide in them nor keep us busy.
    /// </summary>
    public bool IsComplete { get; private set; }

    /// <summary>Lists the processes. A cgroup below that vanishes meanwhile is passed over.</summary>
    /// <param name="cgroup">The cgroup.</param>
    /// <returns>ENOENT or ENODEV when the cgroup itself is gone.</returns>
    public Errno Read(CgroupDirectory cgroup) => Read([cgroup]);

    /// <summary>Lists the processes of several cgroups as one.</summary>
    /// <param name="cgroups">The cgroups.</param>
    /// <returns>ENOENT or ENODEV when all of them are gone; None while one of them can be read.</returns>
    public Errno Read(ReadOnlySpan<CgroupDirectory> cgroups)
    {
        _count = 0;
        ForeignCount = 0;
        IsComplete = true;
        _cgroupCount = 0;
        var error = Errno.ENOENT;
        foreach (var cgroup in cgroups)
        {
            var each = ReadBelow(cgroup, 0);
            error = error.IsGone ? each : error;
            if (!each.IsNone && !each.IsGone)
            {
                return each;
            }
        }

        var ids = _ids.AsSpan(0, _count);

        // Without a comparison, NativeAOT makes one for each sort.
        ids.Sort(static (a, b) => a.CompareTo(b));
        _count = RemoveRepeats(ids);
        return error;
    }

    private Errno ReadBelow(CgroupDirectory cgroup, int depth)
    {
        var read = cgroup.ReadFile("cgroup.procs\0"u8, _text);
        if (read.Succeeded)
        {
            Keep(_text.AsSpan(0, (int)read.Value));
        }
        else if (read.Error == Errno.EOVERFLOW)
        {
            IsComplete = false;
            Keep(_text.AsSpan(0, _text.AsSpan().LastIndexOf((byte)'\n') + 1));
        }
        else if (read.Error != Errno.EOPNOTSUPP)
        {
            // EOPNOTSUPP: a threaded cgroup, whose processes its domain lists.
            return read.Error;
        }

        var opened = cgroup.Descriptor.OpenDirectoryAt(".\0"u8);
        if (!opened.Succeeded)
        {
            return opened.Error;
        }

        var own = new FileDescriptor((int)opened.Value);
        var children = new ChildDirectories(own, _entries[depth]);
        while (children.MoveNext())
        {
            // The one that was given counts.
            if (depth + 1 == MaxDepth || _cgroupCount >= MaxCgroups - 1)
            {
                IsComplete = false;
                break;
            }

            _cgroupCount++;

            var child = cgroup.OpenChild(children.NullTerminatedName, out _);
            if (child.IsOpen)
            {
                _ = ReadBelow(child, depth + 1);
                child.Close();
            }
        }

        own.Close();
        return Errno.None;
    }

    private void Keep(ReadOnlySpan<byte> text)
    {
        var lines = new ProcessIdLines(text);
        while (lines.TryNext(out var id))
        {
            if (_count == _ids.Length)
            {
                IsComplete = false;
                break;
            }

            _ids[_count++] = id;
        }

        ForeignCount += lines.ForeignCount;
    }

    private static int RemoveRepeats(Span<int> ascending)
    {
        var kept = 0;
        foreach (var id in ascending)
        {
            if (kept == 0 || ascending[kept - 1] != id)
            {
                ascending[kept++] = id;
            }
        }

        return kept;
    }
}
