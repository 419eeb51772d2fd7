using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Pressure;

namespace NodeReaper.Engine;

/// <summary>Notices that the kernel's OOM killer has killed (oom_kill of /proc/vmstat), and finds out whom, and for whose sake.</summary>
internal sealed class KernelOomWatch(NodePressure node, KubepodsTree tree)
{
    private readonly KernelOomVictims _victims = new();

    // What was killed before the first reading is none of ours.
    private long _kills = long.MaxValue;
    private long _oomsOfPods;

    /// <summary>Remembers the counters as they are, without judging. Allocates nothing.</summary>
    internal void Remember()
    {
        _victims.Remember(tree.Containers);
        _oomsOfPods = node.Slices.OomsOfPods();
    }

    /// <summary>Looks at the last reading. Allocates nothing.</summary>
    /// <param name="victim">A container that died for the node's sake; null when none is seen, for the runtime removes its cgroup soon.</param>
    /// <param name="atOwnLimit">Containers that were at a limit of their own.</param>
    /// <returns>Processes killed since the last look, wherever.</returns>
    internal long Look(out ContainerCgroup? victim, out int atOwnLimit)
    {
        var count = Math.Max(0, node.Last.KernelOomKills - _kills);
        _kills = node.Last.KernelOomKills;
        victim = null;
        atOwnLimit = 0;
        if (count == 0)
        {
            return 0;
        }

        tree.Refresh();
        victim = _victims.Find(tree.Containers, out atOwnLimit);
        if (victim is null && atOwnLimit == 0)
        {
            // The runtime may have removed the cgroup already; those above it have counted along.
            atOwnLimit = (int)Math.Clamp(node.Slices.OomsOfPods() - _oomsOfPods, 0, count);
        }

        _oomsOfPods = node.Slices.OomsOfPods();
        return count;
    }
}
