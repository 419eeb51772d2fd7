using NodeReaper.AllocationGate.Kills;
using NodeReaper.Engine;
using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Killing;
using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Pressure;
using NodeReaper.Engine.Reporting;
using NodeReaper.Engine.Stages;

namespace NodeReaper.AllocationGate.Decisions;

/// <summary>The whole cycle on a node that is always short of memory, made once as in the agent.</summary>
internal sealed class CycleRig : IDisposable
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromMilliseconds(30);
    private readonly ReportRing _ring = new(32);
    private readonly NodePressure _node;

    internal CycleRig(KillRig kills)
    {
        var policy = new ReapPolicy { Kill = new KillPolicy { Deadline = s_deadline } };
        Kubepods = new FakeKubepods();
        _node = new NodePressure(Kubepods.ProcRoot, policy.Pressure.StallWindow);
        Tree = new KubepodsTree(Kubepods.CgroupRoot);
        Tree.Discover();
        _node.Slices.Update(Kubepods.CgroupRoot, Tree.Slices, policy.Pressure, (_, _) => { }, _ => { });
        var roles = new ContainerRoles(kills.Guard);
        Collector = new CandidateCollector(roles);
        Policy = policy;
        Cycle = new ReapCycle(
            policy, KillStrategy.Hold, _node, Tree, Collector, kills.Killer, kills.Verifier, new MainProcess(kills.Proc, roles, kills.Killer.Errors), _ring, () => PodSnapshot.Empty);
    }

    internal FakeKubepods Kubepods { get; }

    internal KubepodsTree Tree { get; }

    internal CandidateCollector Collector { get; }

    internal ReapPolicy Policy { get; }

    internal ReapCycle Cycle { get; }

    /// <summary>Where nobody could be killed, the next decision is in a quarter of a second.</summary>
    internal static void WaitForItsTurn() => Thread.Sleep(300);

    /// <summary>What the pressure thread does at each sample.</summary>
    internal void Run()
    {
        _ = _node.Read(Policy.Pressure);
        Cycle.Run();
    }

    /// <summary>Makes room in the ring and the recorder, as the threads of the reports and the records do.</summary>
    internal void DrainReports()
    {
        _ring.Drain(static _ => { });
        while (Cycle.Recorder.Next is not null)
        {
            Cycle.Recorder.Release();
        }
    }

    public void Dispose()
    {
        Tree.Dispose();
        _node.Dispose();
        _ring.Dispose();
        Kubepods.Dispose();
    }
}
