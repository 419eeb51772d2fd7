using NodeReaper.Kernel.Syscalls;

namespace NodeReaper.Engine.Killing;

/// <content>Those that share the address space of a process: all of them must die for its memory to come back.</content>
public sealed partial class VictimProcesses
{
    /// <summary>True when one that shares the memory of a process of the victim is of the victim, too: in its cgroups or below them, by the last listing.</summary>
    /// <param name="target">The victim.</param>
    /// <param name="processId">The process.</param>
    /// <param name="sharer">The other.</param>
    public bool IsInside(KillTarget target, int processId, int sharer) =>
        (!target.Cgroups.IsEmpty && _listed.Ids.BinarySearch(sharer) >= 0) || _sharers.AreInOneCgroup(processId, sharer);

    // The memory of one process comes back only when all who share its address space die.
    private VictimIdentity KeepWithSharers(KillTarget target, long freeableBytes)
    {
        var processId = _all[0].ProcessId;
        var outsider = 0;
        foreach (var sharer in _sharers.Find(processId, target.Cgroups.IsEmpty ? [] : _listed.Ids))
        {
            if (IsFull || !IsInside(target, processId, sharer) || !Open(sharer).IsNone)
            {
                outsider = sharer;
            }
        }

        if (_count > 1)
        {
            KeepSharersFrom(1, target, processId);
            KeepGoodFrom(1, target.Cgroups.IsEmpty ? Errno.None : _listed.Read(target.Cgroups), target.Cgroups.IsEmpty);
        }

        return CheckEach(_count, freeableBytes) with { OutsideSharer = outsider };
    }

    // The answer may be of one that has called execve since, or whose ID is another's now: once more, with all of them open.
    private void KeepSharersFrom(int from, KillTarget target, int processId)
    {
        var ids = _ids.AsSpan(0, _count - from);
        for (var i = 0; i < ids.Length; i++)
        {
            ids[i] = _all[from + i].ProcessId;
        }

        var still = _sharers.Find(processId, ids);
        foreach (ref var process in _all.AsSpan(from, _count - from))
        {
            if (!still.Contains(process.ProcessId) || !IsInside(target, processId, process.ProcessId))
            {
                Drop(ref process);
            }
        }

        CloseRanks(from);
    }
}
