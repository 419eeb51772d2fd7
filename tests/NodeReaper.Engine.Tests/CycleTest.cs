using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Killing;
using NodeReaper.Engine.OwnLimits;
using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Pressure;
using NodeReaper.Engine.Reporting;
using NodeReaper.Engine.Stages;
using NodeReaper.Engine.Tests.Fakes;
using NodeReaper.Engine.Verification;
using NodeReaper.Kernel.Procfs;
using NodeReaper.Kernel.Syscalls;
using NodeReaper.Kernel.Tests.Victims;
using NodeReaper.Kernel.Tests;
using static NodeReaper.Engine.Tests.Candidates.Made;

namespace NodeReaper.Engine.Tests;

/// <summary>A node to run the whole chain on: its meminfo and its cgroup tree are fake, its processes are real.</summary>
public abstract class CycleTest : IDisposable
{
    private protected const string Id = "9c1f0e4b5d3a2c6f7e8d9b0a1c2d3e4f5a6b7c8d9e0f1a2b3c4d5e6f7a8b9c0d";

    private protected readonly FakeCgroups _cgroups;
    private protected readonly string _procRoot;
    private protected readonly FileDescriptor _realProc;
    private protected readonly List<Victim> _victims = [];
    private protected readonly List<IDisposable> _parts = [];
    private protected readonly ReportRing _ring;
    private protected readonly Recorder _reports = new();
    private protected PodSnapshot _pods = PodSnapshot.Empty;
    private protected NodePressure? _node;
    private protected Killer? _killer;
    private protected KubepodsTree? _tree;

    protected CycleTest()
    {
        // First: a test that is skipped here is not disposed of.
        Requires.Root();
        _cgroups = new FakeCgroups();
        _procRoot = Directory.CreateTempSubdirectory("nodereaper-proc-").FullName;
        _realProc = FileDescriptor.OpenDirectory("/proc", out _);
        _ring = new ReportRing(32);
        SetAllocationStalls(0);
    }

    public void Dispose()
    {
        _parts.ForEach(part => part.Dispose());
        _victims.ForEach(victim => victim.Dispose());
        _ring.Dispose();
        _realProc.Close();
        _cgroups.Dispose();
        Directory.Delete(_procRoot, recursive: true);
        GC.SuppressFinalize(this);
    }

    private protected Victim Start(params string[] options)
    {
        _victims.Add(Victim.Start(options));
        return _victims[^1];
    }

    private protected string AddContainer(string podPath, int anonMib, params int[] processIds)
    {
        var path = $"kubepods/{podPath}/{Id}";
        _cgroups.Add(path, anonMib * Mib, 0, processIds);
        return path;
    }

    // Below 96 MiB the node of 1 GiB is short; at 192 MiB it has recovered; below 48 MiB it is an emergency.
    private protected void SetAvailable(int mib, int swapMib = 0) => File.WriteAllText(
        Path.Combine(_procRoot, "meminfo"),
        $"MemTotal:        1048576 kB\nMemFree:           10240 kB\nMemAvailable:    {mib * 1024} kB\nSwapTotal: {swapMib * 1024} kB\nSwapFree: {swapMib * 1024} kB\n");

    private protected void SetAllocationStalls(int count, int oomKills = 0) => File.WriteAllText(
        Path.Combine(_procRoot, "vmstat"),
        $"allocstall_normal {count}\npgscan_kswapd 0\npgscan_direct 0\noom_kill {oomKills}\n");

    private protected ReapCycle Make(ReapPolicy policy, KillStrategy strategy = KillStrategy.Hold)
    {
        var proc = new ProcessFiles(_realProc);
        var guard = new ProcessGuard(proc);
        _node = new NodePressure(_procRoot, policy.Pressure.StallWindow);
        _tree = new KubepodsTree(_cgroups.Root);
        _killer = new Killer(proc, guard, policy.Kill.Reapers);
        _parts.AddRange([_node, _tree, _killer]);
        _tree.Discover();
        var roles = new ContainerRoles(guard);
        return new ReapCycle(
            policy,
            strategy,
            _node,
            _tree,
            new CandidateCollector(roles),
            _killer,
            new Verifier(proc),
            new MainProcess(proc, roles, _killer.Errors),
            _ring,
            () => _pods);
    }

    /// <summary>Finds the slices, as a look around does in the agent.</summary>
    private protected void UpdateSlices(PressurePolicy? policy = null) =>
        _node!.Slices.Update(_cgroups.Root, _tree!.Slices, policy ?? new PressurePolicy(), (_, _) => { }, _ => { });

    private protected void Run(ReapCycle cycle)
    {
        Assert.True(_node!.Read(new PressurePolicy()));
        cycle.Run();
        Eventually.True(() => _killer!.HeldCount == 0, "none is held");
        _ring.Drain(_reports.Write);
    }

    /// <summary>The only report there is.</summary>
    private protected (ReportKind Kind, string Uid, string? Signal) Told()
    {
        var report = Assert.Single(_reports.Written);
        return (report.Kind, report.Uid, report.Signal);
    }

    /// <summary>What a report said: a sink must not keep the report itself.</summary>
    private protected sealed record Written(
        ReportKind Kind,
        string? Signal,
        long DeficitBytes,
        bool IsEmergency,
        string Uid,
        string ContainerId,
        string? DecidingKey,
        KillOutcome Outcome,
        ReliefResult Relief,
        long AvailableAfterBytes,
        int RankedTotal,
        string[] Ranked,
        int Protected,
        int Own,
        int Quarantined,
        (string Name, Errno Release)[] Processes,
        string? Spared,
        VictimRank Rank,
        Livelock Livelock,
        StallEvidence Stall);

    private protected sealed class Recorder
    {
        internal List<Written> Written { get; } = [];

        internal void Write(ReapReport report) => Written.Add(new Written(
            report.Kind,
            report.Verdict.Signal,
            report.Verdict.DeficitBytes,
            report.Verdict.IsEmergency,
            report.Victim.PodUid,
            report.Victim.ContainerId,
            report.Victim.DecidingKey?.Name,
            report.Outcome,
            report.Relief,
            report.AvailableAfterBytes,
            report.RankedTotal,
            [.. report.Ranked.ToArray().Select(candidate => candidate.PodUid)],
            report.ExcludedBy(Exclusion.Protected),
            report.ExcludedBy(Exclusion.OwnPod),
            report.ExcludedBy(Exclusion.Quarantined),
            [.. report.Processes.ToArray().Select(process => (process.Name, process.ReleaseError))],
            report.HasSpared ? report.Spared.PodUid : null,
            report.Rank,
            report.Livelock,
            report.Stall));
    }
}
