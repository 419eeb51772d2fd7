using NodeReaper.Kernel.Cgroups;

namespace NodeReaper.Engine.Killing;

/// <summary>What is to be killed: everything in one cgroup or several, or one process. Made once and filled for each kill.</summary>
public sealed class KillTarget
{
    /// <summary>The most cgroups that die as one: the app containers of a Pod.</summary>
    public const int MaxCgroups = 64;

    private readonly CgroupDirectory[] _cgroups = new CgroupDirectory[MaxCgroups];
    private int _count;

    /// <summary>Makes an empty one, to be filled.</summary>
    public KillTarget()
    {
    }

    /// <summary>One process.</summary>
    /// <param name="cgroup">The cgroup that it must be in, and that may prove what came back; or none.</param>
    /// <param name="processId">The process; 0 for the largest of the cgroup.</param>
    public KillTarget(CgroupDirectory cgroup, int processId)
    {
        Fill(KillScope.Process, processId);
        if (cgroup.IsOpen)
        {
            _ = Add(cgroup);
        }
    }

    /// <summary>What dies.</summary>
    public KillScope Scope { get; private set; }

    /// <summary>The process, where the scope is one; 0: the largest that is found.</summary>
    public int ProcessId { get; private set; }

    /// <summary>True when everything in the cgroups is to be killed.</summary>
    public bool IsCgroup => Scope != KillScope.Process;

    /// <summary>The cgroups, at most <see cref="MaxCgroups"/>; none for a process by itself.</summary>
    public ReadOnlySpan<CgroupDirectory> Cgroups => _cgroups.AsSpan(0, _count);

    /// <summary>True when the cgroup above the first one is that of its Pod, which others may share.</summary>
    public bool IsBelowPod { get; set; }

    /// <summary>Everything in a cgroup and below it.</summary>
    /// <param name="cgroup">The cgroup.</param>
    public static KillTarget Of(CgroupDirectory cgroup)
    {
        var target = new KillTarget();
        target.Fill(KillScope.Container);
        _ = target.Add(cgroup);
        return target;
    }

    /// <summary>Starts anew, without cgroups.</summary>
    /// <param name="scope">What dies.</param>
    /// <param name="processId">The process, where the scope is one; 0 for the largest.</param>
    public void Fill(KillScope scope, int processId = 0)
    {
        _count = 0;
        Scope = scope;
        ProcessId = processId;
        IsBelowPod = false;
    }

    /// <summary>Adds a cgroup.</summary>
    /// <param name="cgroup">The cgroup, open for as long as the kill lasts.</param>
    /// <returns>False when there is no more room.</returns>
    public bool Add(CgroupDirectory cgroup)
    {
        if (_count == MaxCgroups)
        {
            return false;
        }

        _cgroups[_count++] = cgroup;
        return true;
    }
}
