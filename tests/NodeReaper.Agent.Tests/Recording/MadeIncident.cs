using NodeReaper.Agent.Recording;
using NodeReaper.Engine.Candidates;
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

    private readonly NodePressure _node;

    internal MadeIncident(TemporaryFolder folder)
    {
        folder.Write("meminfo", "MemTotal: 1048576 kB\nMemFree: 10240 kB\nMemAvailable: 61440 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n");
        folder.Write("vmstat", "allocstall_normal 0\npgscan_kswapd 0\npgscan_direct 0\noom_kill 0\n");
        _node = new NodePressure(folder.Path, TimeSpan.FromSeconds(1));
    }

    internal FlightRecorder Recorder { get; } = new();

    public void Dispose() => _node.Dispose();

    /// <summary>Decides, and keeps the decision.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="isCacheAsked">True when the large request was told to end before.</param>
    internal void Decide(ReapPolicy policy, bool isCacheAsked = false)
    {
        Assert.True(_node.Read(policy.Pressure));
        Recorder.Note(_node, policy);
        var occasion = Occasion.Of(_node, policy.Pressure);
        var snapshot = new CandidateSnapshot(8);
        var (ranking, plan) = (new VictimRanking(), new KillPlan());
        for (var i = 0; i < s_names.Length; i++)
        {
            Add(ref snapshot.Add(), i);
        }

        snapshot.ToFill[1].IsAskedToEnd = isCacheAsked;

        CandidateRules.Apply(snapshot, policy, null);
        Ranker.Rank(snapshot, policy.Ranking, ranking);
        Decisions.Plan(snapshot, ranking, occasion.Verdict, 0, policy.Plan, plan);
        Recorder.Capture(DecisionKind.Shortage, _node, policy, occasion, 0, snapshot, ranking, plan);
        AskedFirst.Apply(snapshot, ranking, policy, plan);
        Recorder.Conclude(plan, true, Decisions.Conclude(occasion, snapshot, ranking, plan, true));
        Recorder.Keep();
    }

    /// <summary>Decides, and writes the record.</summary>
    /// <returns>The path of the record.</returns>
    internal string Record(ReapPolicy policy, bool isCacheAsked = false)
    {
        Decide(policy, isCacheAsked);
        using var writer = new RecordWriter(Recorder, policy.Record, "node-1");
        return Assert.IsType<string>(writer.Work(isLast: true));
    }

    private static void Add(ref Candidate candidate, int index)
    {
        var name = s_names[index];
        candidate.Cgroup = ContainerCgroup.OfRecord(
            100 + index, QosClass.Burstable, $"kubepods/burstable/pod{name}/{name}-0", name, $"{name}-0", ContainerRole.App, false, false)!;
        candidate.Pod = s_pods[index];
        candidate.Container = s_pods[index].Containers[0];
        candidate.Memory = MemoryUse.OfResident((400 - (100 * index)) * Mib);
    }

    private static PodFacts Pod(string @namespace, string name, QosClass qosClass, long requestBytes) =>
        new(name, @namespace, name, qosClass, 0, null, KillPriority.Default, [new ContainerFacts("app", $"{name}-0", requestBytes, null, KillPriority.Default)]);
}
