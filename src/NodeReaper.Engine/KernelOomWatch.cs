using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Pressure;

namespace NodeReaper.Engine;

/// <summary>
/// Notices that the kernel's OOM killer has killed (oom_kill of /proc/vmstat, which counts it wherever it was), and finds out whom, and how many of them for
/// the node's sake: each Pod, and each cgroup beside them, tells of kills at a limit of its own, and what is left is the node's.
/// </summary>
internal sealed class KernelOomWatch(NodePressure node, KubepodsTree tree) : IDisposable
{
    private readonly CgroupsBeside _beside = new();

    // What was killed before the first reading is none of ours.
    private long _kills = long.MaxValue;
    private long _oomsOfPods;
    private long _killsInPods;

    // Seen in the cgroups, and not yet in the node's counter, whose reading may be half a second older.
    private long _killsAtOwnLimit;
    private ContainerCgroup? _victim;
    private long _victimId;
    private SlicePressure? _slice;

    /// <summary>The cgroups beside the Pods.</summary>
    internal CgroupsBeside Beside => _beside;

    /// <summary>Takes note of the counters while there is no hurry. Allocates for cgroups that are new beside the Pods.</summary>
    internal void Remember()
    {
        _killsAtOwnLimit = 0;
        _victim = null;
        _slice = null;
        _beside.Update(tree.Root, tree.Beside);
        Observe();
        ForgetWhatWasCounted();
    }

    /// <summary>Looks at the last reading. Allocates nothing.</summary>
    /// <param name="victim">A container that lost a process for the node's sake; null when none is seen, for the runtime removes its cgroup soon.</param>
    /// <param name="slice">The slice above the Pods at whose limit it was; null for the node.</param>
    /// <param name="atOwnLimit">Processes that were killed at a limit other than the node's and the slices' above the Pods.</param>
    /// <returns>Processes killed for the node's sake since the last look.</returns>
    internal long Look(out ContainerCgroup? victim, out SlicePressure? slice, out long atOwnLimit)
    {
        var count = Math.Max(0, node.Last.KernelOomKills - _kills);
        _kills = node.Last.KernelOomKills;
        victim = null;
        slice = null;
        atOwnLimit = 0;
        if (count == 0)
        {
            return 0;
        }

        tree.Refresh();
        Observe();
        atOwnLimit = Math.Min(count, _killsAtOwnLimit);
        _killsAtOwnLimit -= atOwnLimit;
        if (count > atOwnLimit)
        {
            // What it was may still be told when its cgroup is gone, unless that was filled again.
            victim = _victim?.Id == _victimId ? _victim : null;
            slice = _slice;
            _victim = null;
            _slice = null;
        }

        ForgetWhatWasCounted();
        return count - atOwnLimit;
    }

    /// <inheritdoc/>
    public void Dispose() => _beside.Dispose();

    private void Observe()
    {
        var pods = KernelOomVictims.Find(tree.Containers);
        var ooms = node.Slices.OomsOfPods();
        var kills = node.Slices.OomKillsInPods();

        // The runtime may have removed a cgroup already; those above it have counted along.
        var killsInGone = ooms - _oomsOfPods > pods.Ooms ? Math.Max(0, kills - _killsInPods - pods.Kills) : 0;
        _oomsOfPods = ooms;
        _killsInPods = kills;
        _killsAtOwnLimit += pods.AtOwnLimit + killsInGone + _beside.KillsAtOwnLimit();
        if (pods.Victim is { } seen)
        {
            _victim = seen;
            _victimId = seen.Id;
        }

        _slice = node.Slices.OneWithNewOoms() ?? _slice;
    }

    // The cgroups can be ahead of the last reading by what was killed since, and by no more.
    private void ForgetWhatWasCounted() => _killsAtOwnLimit = Math.Clamp(_killsAtOwnLimit, 0, Math.Max(0, node.CountKernelOomKills() - _kills));
}
