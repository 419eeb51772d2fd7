using NodeReaper.Agent.Recording;
using NodeReaper.Engine.Assessment;
using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.OwnLimits;
using NodeReaper.Engine.Planning;
using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Pressure;
using NodeReaper.Engine.Ranking;
using NodeReaper.Engine.Recording;
using NodeReaper.Engine.Reporting;

namespace NodeReaper.Agent.Tests.Recording;

/// <summary>A node of 1 GiB, of which 60 MiB are available, with a hog, a large request and a protected Pod; decided on and recorded as the agent does.</summary>
internal sealed class MadeIncident : IDisposable
{
    private const long Mib = 1 << 20;
    private static readonly string[] s_names = ["hog", "cache", "dns"];
    private static readonly PodFacts[] s_pods =
    [
        Pod("batch", "hog", QosClass.BestEffort, 0),
        Pod("data", "cache", QosClass.Burstable, 500 * Mib),
        Pod("kube-system", "dns", QosClass.Burstable, 0),
    ];

    private readonly TemporaryFolder _folder;
    private readonly NodePressure _node;

    internal MadeIncident(TemporaryFolder folder)
    {
        _folder = folder;
        SetAvailable(60);
        folder.Write("vmstat", "allocstall_normal 0\npgscan_kswapd 0\npgscan_direct 0\noom_kill 0\n");
        _node = new NodePressure(folder.Path, TimeSpan.FromSeconds(1));
    }

    internal FlightRecorder Recorder { get; } = new();

    public void Dispose() => _node.Dispose();

    /// <summary>Decides, and keeps the decision.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="made">What it is about.</param>
    /// <param name="isCacheAsked">True when the large request was told to end before.</param>
    internal void Decide(ReapPolicy policy, MadeDecision made = MadeDecision.Shortage, bool isCacheAsked = false)
    {
        Prepare(made);
        Assert.True(_node.Read(policy.Pressure));
        Recorder.Note(_node, policy);
        var occasion = OccasionOf(policy, made);
        var snapshot = new CandidateSnapshot(8);
        var (ranking, plan) = (new VictimRanking(), new KillPlan());
        for (var i = 0; i < s_names.Length; i++)
        {
            Add(ref snapshot.Add(), i);
        }

        snapshot.ToFill[0].IsToldOf = made == MadeDecision.ToldOf;
        snapshot.ToFill[1].IsAskedToEnd = isCacheAsked;
        CandidateRules.Apply(snapshot, policy, occasion.Slice);
        Ranker.Rank(snapshot, policy.Ranking, ranking);
        Capture(policy, made, occasion, snapshot, ranking, plan);
        Recorder.Keep();
    }

    /// <summary>Looks around while so much is available, and decides nothing.</summary>
    internal void LookAround(ReapPolicy policy, int availableMib)
    {
        SetAvailable(availableMib);
        Assert.True(_node.Read(policy.Pressure));
        var snapshot = new CandidateSnapshot(8);
        var ranking = new VictimRanking();
        for (var i = 0; i < s_names.Length; i++)
        {
            Add(ref snapshot.Add(), i);
        }

        CandidateRules.Apply(snapshot, policy, null);
        Ranker.Rank(snapshot, policy.Ranking, ranking);
        Recorder.Note(_node.Last.Timestamp, policy, snapshot, ranking);
        Recorder.Note(_node, policy);
        SetAvailable(60);
    }

    /// <summary>Decides, and writes the record.</summary>
    /// <returns>The path of the record.</returns>
    internal string Record(ReapPolicy policy, MadeDecision made = MadeDecision.Shortage, bool isCacheAsked = false)
    {
        Decide(policy, made, isCacheAsked);
        using var writer = new RecordWriter(Recorder, policy.Record, "node-1");
        return Assert.IsType<string>(writer.Work(isLast: true));
    }

    private Occasion OccasionOf(ReapPolicy policy, MadeDecision made) => made switch
    {
        MadeDecision.OwnLimit => Occasion.Of(_node, policy.Pressure, new Livelock(400 * Mib, 80, TimeSpan.FromMinutes(1), 1000)),
        MadeDecision.GraceOver => Occasion.Of(_node, policy.Pressure) with { Verdict = new PressureVerdict("terminate", 300 * Mib, false) },
        MadeDecision.KernelOomInSlice => Occasion.Of(_node, policy.Pressure, _node.Slices.All[0]),
        _ => Occasion.Of(_node, policy.Pressure),
    };

    private void Capture(
        ReapPolicy policy, MadeDecision made, in Occasion occasion, CandidateSnapshot snapshot, VictimRanking ranking, KillPlan plan)
    {
        var pending = made == MadeDecision.PendingBytes ? 120 * Mib : 0;
        switch (made)
        {
            case MadeDecision.KernelOom or MadeDecision.KernelOomInSlice:
                Recorder.Capture(DecisionKind.KernelOom, _node, policy, occasion, 0, snapshot, ranking, plan);
                return;
            case MadeDecision.OwnLimit:
                plan.TakeOnly(0, snapshot.All[0].ReliefBytes);
                Recorder.Capture(DecisionKind.OwnLimit, _node, policy, occasion, 0, snapshot, ranking, plan);
                return;
        }

        Decisions.Plan(snapshot, ranking, occasion, pending, policy.Plan, plan);
        if (made == MadeDecision.GraceOver)
        {
            Recorder.Capture(DecisionKind.GraceOver, _node, policy, occasion, 0, snapshot, ranking, plan);
            return;
        }

        Recorder.Capture(DecisionKind.Shortage, _node, policy, occasion, pending, snapshot, ranking, plan);
        if (made == MadeDecision.Graced)
        {
            plan.Remove(0, snapshot.All);
        }

        AskedFirst.Apply(snapshot, ranking, policy, plan);
        var isWithinBudget = made != MadeDecision.Capped;
        Recorder.Conclude(plan, isWithinBudget, Decisions.Conclude(occasion, snapshot, ranking, plan, isWithinBudget));
    }

    private void Prepare(MadeDecision made)
    {
        if (made is not (MadeDecision.Slice or MadeDecision.KernelOomInSlice))
        {
            return;
        }

        // The node has enough; its Burstable Pods have 60 MiB left of a limit of their own.
        const string path = "kubepods/burstable";
        Directory.CreateDirectory(_folder.PathOf(path));
        _folder.Write($"{path}/memory.max", $"{760 * Mib}\n");
        _folder.Write($"{path}/memory.current", $"{(made == MadeDecision.Slice ? 700 : 300) * Mib}\n");
        _folder.Write($"{path}/memory.stat", $"anon {700 * Mib}\nfile 0\ninactive_file 0\nactive_file 0\nslab_reclaimable 0\n");
        _folder.Write($"{path}/memory.events", "low 0\nhigh 0\nmax 0\noom 0\noom_kill 0\noom_group_kill 0\n");
        _folder.Write($"{path}/memory.events.local", "low 0\nhigh 0\nmax 0\noom 0\noom_kill 0\noom_group_kill 0\n");
        SetAvailable(500);
        _node.Slices.Update(_folder.Path, [new SlicePath(path, KubepodsLevel.Burstable, 1)], new PressurePolicy(), (_, _) => { }, _ => { });
    }

    private void SetAvailable(int mib) => _folder.Write(
        "meminfo", $"MemTotal: 1048576 kB\nMemFree: 10240 kB\nMemAvailable: {mib * 1024} kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n");

    private static void Add(ref Candidate candidate, int index)
    {
        var name = s_names[index];
        candidate.Cgroup = ContainerCgroup.OfRecord(
            100 + index, QosClass.Burstable, $"kubepods/{s_pods[index].QosClass.ToString().ToLowerInvariant()}/pod{name}/{name}-0", name, $"{name}-0", ContainerRole.App, false, false)!;
        candidate.Pod = s_pods[index];
        candidate.Container = s_pods[index].Containers[0];
        candidate.Memory = MemoryUse.OfResident((400 - (100 * index)) * Mib);
    }

    private static PodFacts Pod(string @namespace, string name, QosClass qosClass, long requestBytes) =>
        new(name, @namespace, name, qosClass, 0, null, KillPriority.Default, [new ContainerFacts("app", $"{name}-0", requestBytes, null, KillPriority.Default)]);
}
