using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Explaining;
using NodeReaper.Engine.Killing;
using NodeReaper.Engine.Planning;
using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Pressure;
using NodeReaper.Engine.Ranking;
using NodeReaper.Engine.Reporting;
using NodeReaper.Kernel.Procfs;
using NodeReaper.Kernel.Syscalls;

namespace NodeReaper.Agent.Explain;

/// <summary>Looks at the node as an agent would, with the engine's own parts; nothing is written, and nobody is killed.</summary>
internal sealed class NodeLook : IDisposable
{
    // Growth is known from two looks.
    private static readonly TimeSpan s_apart = TimeSpan.FromSeconds(1);

    private readonly ReapPolicy _policy;
    private readonly PodSnapshot _pods;
    private readonly NodePressure _node;
    private readonly KubepodsTree _tree;
    private readonly FileDescriptor _procRoot;
    private readonly CandidateCollector _collector;

    internal NodeLook(ReapPolicy policy, PodSnapshot pods, string cgroupRoot, string procRoot)
    {
        _policy = policy;
        _pods = pods;
        _procRoot = FileDescriptor.OpenDirectory(procRoot, out var error);
        if (!_procRoot.IsOpen)
        {
            throw new IOException($"cannot open {procRoot}: {error}; set --proc-root to where proc is mounted");
        }

        _node = new NodePressure(procRoot, policy.Pressure.StallWindow);
        _tree = new KubepodsTree(cgroupRoot);
        _collector = new CandidateCollector(new ContainerRoles(new ProcessGuard(new ProcessFiles(_procRoot))));
    }

    internal Explanation Explain()
    {
        _tree.Discover();
        _node.Discover();
        _node.Slices.Update(_tree.Root, _tree.Slices, _policy.Pressure, opened: (_, _) => { }, closing: _ => { });
        var snapshot = new CandidateSnapshot(256);
        Read(snapshot);
        SwapAllowance.ReadLimits(_tree, _node);
        SwapAllowance.Note(snapshot.All, _node);
        Thread.Sleep(s_apart);
        var occasion = Read(snapshot);
        var ranking = new VictimRanking();
        Ranker.Rank(snapshot, _policy.Ranking, ranking);
        var explanation = new Explanation(snapshot.Count);
        explanation.Fill(occasion, _policy, snapshot, ranking, new KillPlan());
        return explanation;
    }

    public void Dispose()
    {
        _tree.Dispose();
        _node.Dispose();
        _procRoot.Close();
    }

    private Occasion Read(CandidateSnapshot snapshot)
    {
        if (!_node.Read(_policy.Pressure))
        {
            throw new IOException("the node's meminfo cannot be read; set --proc-root to where proc is mounted");
        }

        var occasion = Occasion.Of(_node, _policy.Pressure);
        _tree.Refresh();
        _collector.Collect(_tree, _pods, _policy, snapshot, occasion.Slice);
        return occasion;
    }
}
