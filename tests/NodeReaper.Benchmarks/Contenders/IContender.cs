using NodeReaper.Engine.Candidates;
using NodeReaper.Kernel.Cgroups;

namespace NodeReaper.Benchmarks.Contenders;

/// <summary>
/// Somebody who kills a container, in his own order of calls. All start with an open cgroup directory and nothing else:
/// who lists processes or opens pidfds does so on the clock.
/// </summary>
internal interface IContender
{
    /// <summary>Its name in the tables.</summary>
    string Name { get; }

    /// <summary>Kills everything in the cgroup, and does for the memory whatever this contender does.</summary>
    /// <param name="cgroup">The cgroup.</param>
    /// <param name="before">What is charged to it: whoever decides has read that already.</param>
    /// <param name="deadline">How long it may take.</param>
    KillAnswer Kill(CgroupDirectory cgroup, in MemoryUse before, TimeSpan deadline);

    /// <summary>Lets go of who could not be let go at the time, such as a victim in D state.</summary>
    /// <returns>How many are still held.</returns>
    int LetGo() => 0;
}
