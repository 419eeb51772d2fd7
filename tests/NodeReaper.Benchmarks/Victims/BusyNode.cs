using NodeReaper.Kernel.Processes;

namespace NodeReaper.Benchmarks.Victims;

/// <summary>
/// What else runs on the node: while this lives, so many spinning processes, in a cgroup beside the victim's, as another Pod's
/// would be.
/// </summary>
internal sealed class BusyNode : IDisposable
{
    private readonly List<ChildProcess> _hogs;

    internal BusyNode(string program, CgroupPlaces places, int hogs)
    {
        Group = new VictimGroup(places, "busy");
        _hogs = [.. Enumerable.Range(0, hogs).Select(_ => ChildProcess.Start(program, [.. Group.JoinOptions, "--spin", "--die-with-parent"]))];
    }

    /// <summary>The cgroup.</summary>
    internal VictimGroup Group { get; }

    public void Dispose()
    {
        _hogs.ForEach(hog => hog.Dispose());
        Group.Dispose();
    }
}
