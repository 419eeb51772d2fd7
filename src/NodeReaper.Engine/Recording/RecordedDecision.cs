using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Planning;
using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Pressure;
using NodeReaper.Engine.Ranking;
using NodeReaper.Engine.Reporting;

namespace NodeReaper.Engine.Recording;

/// <summary>A decision with every fact that it rests on, and what was decided. Made once and filled again.</summary>
public sealed class RecordedDecision
{
    /// <summary>The most candidates that are kept; with more, the decision cannot be recomputed.</summary>
    public const int MaxCandidates = 1024;

    private readonly RecordedContainers _containers = new(MaxCandidates);
    private readonly int[] _order = new int[MaxCandidates];
    private readonly RankingKey?[] _keys = new RankingKey?[MaxCandidates];
    private readonly PressureSample[] _places = new PressureSample[1 + PodSlices.Capacity];
    private readonly int[] _planned = new int[KillPlan.MaxVictims];
    private readonly int[] _plan = new int[KillPlan.MaxVictims];
    private int _ranked;
    private int _placeCount;
    private int _plannedCount;
    private int _planCount;

    /// <summary>What it was about.</summary>
    public DecisionKind Kind { get; private set; }

    /// <summary>The policy in force.</summary>
    public ReapPolicy Policy { get; private set; } = new();

    /// <summary>What it rested on.</summary>
    public Occasion Occasion { get; private set; }

    /// <summary>What was on its way back already, in bytes.</summary>
    public long PendingBytes { get; private set; }

    /// <summary>True when the cap on kills allowed another.</summary>
    public bool IsWithinBudget { get; private set; }

    /// <summary>What was concluded.</summary>
    public Conclusion Conclusion { get; private set; }

    /// <summary>False when there were more candidates than are kept.</summary>
    public bool IsWhole { get; private set; }

    /// <summary>The node and the slices with a limit of their own, as they were then.</summary>
    public ReadOnlySpan<PressureSample> Places => _places.AsSpan(0, _placeCount);

    /// <summary>The candidates.</summary>
    public ReadOnlySpan<RecordedCandidate> Candidates => _containers.All;

    /// <summary>The ranking, as indexes of <see cref="Candidates"/>.</summary>
    public ReadOnlySpan<int> Order => _order.AsSpan(0, _ranked);

    /// <summary>The key that put each of the ranking in front of the next; null for the last, or when only the UIDs differ.</summary>
    public ReadOnlySpan<RankingKey?> DecidingKeys => _keys.AsSpan(0, _ranked);

    /// <summary>Whom the planner took, as indexes of <see cref="Candidates"/>.</summary>
    public ReadOnlySpan<int> Planned => _planned.AsSpan(0, _plannedCount);

    /// <summary>Those of them who had no time left to end by themselves.</summary>
    public ReadOnlySpan<int> Plan => _plan.AsSpan(0, _planCount);

    /// <summary>The path of a candidate's cgroup.</summary>
    /// <param name="candidate">One of <see cref="Candidates"/>.</param>
    public string PathOf(in RecordedCandidate candidate) => _containers.PathOf(candidate);

    /// <summary>The UID of a candidate's Pod.</summary>
    /// <param name="candidate">One of <see cref="Candidates"/>.</param>
    public string PodUidOf(in RecordedCandidate candidate) => _containers.PodUidOf(candidate);

    /// <summary>The runtime's ID of a candidate.</summary>
    /// <param name="candidate">One of <see cref="Candidates"/>.</param>
    public string ContainerIdOf(in RecordedCandidate candidate) => _containers.ContainerIdOf(candidate);

    internal void Fill(
        DecisionKind kind,
        NodePressure node,
        ReapPolicy policy,
        in Occasion occasion,
        long pendingBytes,
        CandidateSnapshot snapshot,
        VictimRanking ranking,
        KillPlan plan)
    {
        Kind = kind;
        Policy = policy;
        Occasion = occasion;
        PendingBytes = pendingBytes;
        IsWithinBudget = true;
        IsWhole = true;
        _placeCount = 0;
        AddPlace(null, node.Last);
        foreach (var slice in node.Slices.All)
        {
            if (slice is { IsLimited: true })
            {
                AddPlace(slice.Path, slice.Last);
            }
        }

        _containers.Clear();
        foreach (ref readonly var candidate in snapshot.All)
        {
            IsWhole = IsWhole && _containers.TryAdd(candidate);
        }

        _ranked = IsWhole ? ranking.Count : 0;
        ranking.Order[.._ranked].CopyTo(_order);
        for (var position = 0; position < _ranked; position++)
        {
            _keys[position] = Ranker.KeyAfter(snapshot, ranking, policy.Ranking, position);
        }

        _plannedCount = plan.Count;
        plan.Victims.CopyTo(_planned);
        Conclude(plan, true, kind == DecisionKind.KernelOom ? Conclusion.Wait : Conclusion.Kill);
    }

    internal void Conclude(KillPlan plan, bool isWithinBudget, Conclusion conclusion)
    {
        _planCount = plan.Count;
        plan.Victims.CopyTo(_plan);
        IsWithinBudget = isWithinBudget;
        Conclusion = conclusion;
    }

    private void AddPlace(string? slicePath, in PressureReading reading) =>
        _places[_placeCount++] = new PressureSample(slicePath, reading, Occasion.VerdictOn(reading, Policy.Pressure, slicePath is not null), Policy);
}
