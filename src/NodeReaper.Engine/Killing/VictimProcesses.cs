using NodeReaper.Kernel.Cgroups;
using NodeReaper.Kernel.Processes;
using NodeReaper.Kernel.Procfs;
using NodeReaper.Kernel.Syscalls;

namespace NodeReaper.Engine.Killing;

/// <summary>
/// Finds the processes of a victim and keeps them open: who is a member for certain, who must not die, who is largest.
/// Everything is made once; nothing is killed here.
/// </summary>
public sealed partial class VictimProcesses
{
    /// <summary>Of a victim with more processes, the largest ones are followed one by one; cgroup.kill takes the others along.</summary>
    public const int Followed = 64;

    // Without cgroup.kill, all of them are, as they come.
    private const int MaxFollowed = 1024;
    private const int MaxListed = 32768;

    // Left over for the listings of the cgroup and the walk to the next victim, should descriptors run out.
    private const int DescriptorReserve = 32;

    private readonly VictimProcess[] _all = new VictimProcess[MaxFollowed];
    private readonly CgroupProcesses _listed = new(MaxListed);
    private readonly int[] _ids = new int[MaxFollowed];
    private readonly LargestProcesses _largest;
    private readonly ProcessFiles _proc;
    private readonly ProcessGuard _guard;
    private readonly MemorySharers _sharers;
    private readonly KillErrors _errors;
    private int _count;
    private int _pinned;

    /// <summary>Makes the buffers.</summary>
    /// <param name="proc">The proc file system.</param>
    /// <param name="guard">What refuses processes.</param>
    /// <param name="sharers">Finds who shares an address space.</param>
    /// <param name="errors">Counts errors.</param>
    public VictimProcesses(ProcessFiles proc, ProcessGuard guard, MemorySharers sharers, KillErrors errors)
    {
        _proc = proc;
        _largest = new LargestProcesses(proc, MaxListed);
        _guard = guard;
        _sharers = sharers;
        _errors = errors;
    }

    /// <summary>The processes that are followed, the largest first where there are more.</summary>
    public Span<VictimProcess> All => _all.AsSpan(0, _count);

    internal VictimProcess[] Buffer => _all;

    /// <summary>Finds and opens the processes of a victim.</summary>
    /// <param name="target">The victim.</param>
    /// <param name="freeableBytes">What it is reckoned to give back, in bytes.</param>
    /// <returns>Whether it may be killed.</returns>
    public VictimIdentity Identify(KillTarget target, long freeableBytes)
    {
        if (!target.IsCgroup && target.ProcessId != 0)
        {
            return IdentifyProcess(target, freeableBytes);
        }

        if (target.Cgroups.Length > 1)
        {
            // The sandbox of a Pod does not become a tenant's by what the others use.
            freeableBytes = 0;
        }

        var error = _listed.Read(target.Cgroups);
        if (!error.IsNone)
        {
            return VictimIdentity.Of(error);
        }

        if (_listed.ForeignCount > 0)
        {
            return VictimIdentity.Refused(Refusal.ForeignProcesses);
        }

        var total = _listed.Ids.Length;
        error = OpenAll(_largest.Of(_listed.Ids, target.IsCgroup ? Followed : 1));

        // A process ID may have passed to another process before it was opened. Whoever is still listed now, and
        // whose pidfd is not dead, is the one that was opened: only a member of the cgroup gets this far.
        var relisted = _listed.Read(target.Cgroups);
        if (!relisted.IsNone)
        {
            return VictimIdentity.Of(relisted);
        }

        KeepMembers();
        if (_count == 0 && total == 0 && target.IsCgroup && !_listed.IsComplete)
        {
            // All of it is below where we look: cgroup.kill reaches that.
            return VictimIdentity.Good(total);
        }

        if (_count == 0)
        {
            return error.IsNone || error.IsGone ? VictimIdentity.Refused(Refusal.Gone) : VictimIdentity.Of(error);
        }

        return target.IsCgroup ? CheckAll(total, freeableBytes) : KeepLargest(target, freeableBytes);
    }

    /// <summary>Drops whoever has left the cgroups since. For strategies that signal each process by itself.</summary>
    /// <param name="target">The victim.</param>
    public void DropThoseWhoLeft(KillTarget target)
    {
        if (!target.Cgroups.IsEmpty && _listed.Read(target.Cgroups).IsNone)
        {
            KeepMembers();
        }
    }

    /// <summary>Lists the victim's cgroups again; <see cref="Listed"/> then holds who is in them.</summary>
    /// <param name="target">The victim.</param>
    public Errno List(KillTarget target) => _listed.Read(target.Cgroups);

    /// <summary>Who was in the cgroups at the last look, by ID, ascending.</summary>
    public ReadOnlySpan<int> Listed => _listed.Ids;

    /// <summary>Follows whoever was listed and is not followed yet, if it is a member and may die.</summary>
    /// <param name="target">The victim.</param>
    /// <returns>Those that were added: the last of <see cref="All"/>, as far as there is room.</returns>
    public Span<VictimProcess> AddNewcomers(KillTarget target)
    {
        var from = _count;
        var followed = SortedFollowed();
        foreach (var processId in _listed.Ids)
        {
            if (IsFull)
            {
                break;
            }

            if (followed.BinarySearch(processId) < 0)
            {
                _ = Open(processId);
            }
        }

        if (_count > from)
        {
            KeepGoodFrom(from, _listed.Read(target.Cgroups));
        }

        return _all.AsSpan(from, _count - from);
    }

    /// <summary>True when nobody but those that are followed is in the victim's cgroups.</summary>
    /// <param name="target">The victim.</param>
    public bool AreAlone(KillTarget target)
    {
        if (!_listed.Read(target.Cgroups).IsNone)
        {
            return false;
        }

        var followed = SortedFollowed();
        foreach (var processId in _listed.Ids)
        {
            if (followed.BinarySearch(processId) < 0)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>True when no more can be followed.</summary>
    public bool IsFull => _count == MaxFollowed;

    /// <summary>Those before stay where they are until the end of the kill: who holds or releases them knows them by their place.</summary>
    /// <param name="count">How many, from the first one on.</param>
    public void Pin(int count) => _pinned = Math.Max(_pinned, count);

    /// <summary>Makes room, of those that are not pinned.</summary>
    public void ForgetTheDead()
    {
        foreach (ref var process in _all.AsSpan(_pinned, _count - _pinned))
        {
            if (process.Pidfd.HasExited())
            {
                Drop(ref process);
            }
        }

        CloseRanks(_pinned);
    }

    /// <summary>Forgets all of them; whoever calls this has closed them.</summary>
    public void Clear() => _count = _pinned = 0;

    private VictimIdentity IdentifyProcess(KillTarget target, long freeableBytes)
    {
        var error = Open(target.ProcessId);
        if (!error.IsNone)
        {
            // EINVAL: the ID is that of a thread that leads no process.
            return error == Errno.EINVAL ? VictimIdentity.Refused(Refusal.Gone, target.ProcessId) : VictimIdentity.Of(error, target.ProcessId);
        }

        return IsMember(target, _all[0])
            ? KeepWithSharers(target, freeableBytes)
            : VictimIdentity.Refused(Refusal.LeftCgroup, target.ProcessId);
    }

    private VictimIdentity KeepLargest(KillTarget target, long freeableBytes)
    {
        CloseLast(_count - 1);
        return KeepWithSharers(target, freeableBytes);
    }

    private void KeepGoodFrom(int from, Errno listed, bool isAnywhere = false)
    {
        foreach (ref var process in _all.AsSpan(from, _count - from))
        {
            var isMember = isAnywhere ? !process.Pidfd.HasExited() : listed.IsNone && IsListed(process);
            if (!isMember || _guard.Check(process.ProcessId, 0) != Refusal.None)
            {
                Drop(ref process);
            }
        }

        CloseRanks(from);
    }

    // Membership holds for this very process only if it is still listed once it is open, and not dead then.
    private bool IsMember(KillTarget target, in VictimProcess process) =>
        target.Cgroups.IsEmpty || (_listed.Read(target.Cgroups).IsNone && IsListed(process));

    // By the last listing, and not another process by the same ID.
    private bool IsListed(in VictimProcess process) =>
        _listed.Ids.BinarySearch(process.ProcessId) >= 0 && !process.Pidfd.HasExited();

    private Errno OpenAll(ReadOnlySpan<int> ids)
    {
        var last = Errno.None;
        foreach (var processId in ids)
        {
            var error = Open(processId);
            if (error == Errno.EMFILE || error == Errno.ENFILE || error == Errno.ENOMEM)
            {
                // The same with fewer: those that were opened stand for all.
                CloseLast(Math.Min(DescriptorReserve, _count / 2));
                return error;
            }

            last = error.IsNone || error.IsGone ? last : error;
        }

        return last;
    }

    private void CloseLast(int count)
    {
        for (; count > 0; count--)
        {
            _all[--_count].Pidfd.Close();
        }
    }

    private Errno Open(int processId)
    {
        var opened = Pidfd.Open(processId);
        if (!opened.Succeeded)
        {
            return _errors.Note(KillCall.Open, opened.Error);
        }

        _all[_count++] = new VictimProcess
        {
            ProcessId = processId,
            Pidfd = new Pidfd(new FileDescriptor((int)opened.Value)),
        };
        return Errno.None;
    }

    private void KeepMembers()
    {
        foreach (ref var process in All)
        {
            if (!IsListed(process))
            {
                Drop(ref process);
            }
        }

        CloseRanks(0);
    }

    private static void Drop(ref VictimProcess process)
    {
        process.Pidfd.Close();
        process.Pidfd = Pidfd.None;
    }

    // After some were dropped. Those before must not be moved, not even to where they are: a reaper may be writing to them.
    private void CloseRanks(int from)
    {
        var kept = from;
        foreach (ref var process in _all.AsSpan(from, _count - from))
        {
            if (process.Pidfd.IsOpen)
            {
                _all[kept++] = process;
            }
        }

        _count = kept;
    }

    private VictimIdentity CheckAll(int total, long freeableBytes)
    {
        var others = CheckOthers(total, freeableBytes);
        return others.Refusal == Refusal.None ? CheckEach(total, freeableBytes) : others;
    }

    // cgroup.kill takes along who is not followed one by one: too many of them, or forked since.
    private VictimIdentity CheckOthers(int total, long freeableBytes)
    {
        var followed = SortedFollowed();
        foreach (var processId in _listed.Ids)
        {
            if (followed.BinarySearch(processId) >= 0)
            {
                continue;
            }

            var refusal = _guard.CheckOneOfMany(processId, freeableBytes);
            if (refusal is not (Refusal.None or Refusal.Gone))
            {
                return VictimIdentity.Refused(refusal, processId);
            }
        }

        return VictimIdentity.Good(total);
    }

    private VictimIdentity CheckEach(int total, long freeableBytes)
    {
        var usable = 0;
        foreach (ref var process in All)
        {
            var refusal = _guard.Check(process.ProcessId, freeableBytes);
            if (refusal is Refusal.Gone or Refusal.NoAddressSpace && _count > 1)
            {
                // A zombie among others neither counts nor protects them.
                continue;
            }

            if (refusal != Refusal.None)
            {
                return VictimIdentity.Refused(refusal, process.ProcessId);
            }

            usable++;
        }

        return usable > 0 ? VictimIdentity.Good(total) : VictimIdentity.Refused(Refusal.Gone);
    }

    private ReadOnlySpan<int> SortedFollowed()
    {
        var followed = _ids.AsSpan(0, _count);
        for (var i = 0; i < followed.Length; i++)
        {
            followed[i] = _all[i].ProcessId;
        }

        followed.Sort(static (a, b) => a.CompareTo(b));
        return followed;
    }

    /// <summary>Reads the names, for the report. They are still there when the processes are dying.</summary>
    public void ReadNames()
    {
        Span<byte> name = stackalloc byte[64];
        foreach (ref var process in All)
        {
            var read = _proc.Name(process.ProcessId, name);
            process.SetName(read.Succeeded ? name[..(int)read.Value] : default);
        }
    }
}
