using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Planning;
using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Pressure;
using NodeReaper.Engine.Ranking;
using NodeReaper.Engine.Reporting;

namespace NodeReaper.Engine.Recording;

/// <summary>
/// Keeps the last samples, looks and decisions. The pressure thread writes, allocates nothing and never waits; one other thread may read. When that
/// falls behind, decisions are lost and counted.
/// </summary>
public sealed class FlightRecorder
{
    // More than a minute at the fastest pace, with a slice that has a limit.
    private const int Samples = 12288;
    private const int Decisions = 4;

    // One each five seconds while nothing is short: more than a minute.
    private const int LooksKept = 13;

    private readonly RecordedDecision[] _decisions = new RecordedDecision[Decisions];
    private RecordedDecision? _captured;
    private long _tail;
    private long _head;
    private long _lost;
    private bool _isLost;

    /// <summary>Makes room for all of it.</summary>
    public FlightRecorder()
    {
        for (var i = 0; i < Decisions; i++)
        {
            _decisions[i] = new RecordedDecision();
        }
    }

    /// <summary>The last samples.</summary>
    public SampleRing Ring { get; } = new(Samples);

    /// <summary>The last looks at the containers in between.</summary>
    public LookRing Looks { get; } = new(LooksKept);

    /// <summary>How many decisions were lost because nobody had taken those before.</summary>
    public long Lost => Volatile.Read(ref _lost);

    /// <summary>The oldest decision that was not taken yet; null when there is none. It stays as it is until <see cref="Release"/>.</summary>
    public RecordedDecision? Next => _head < Volatile.Read(ref _tail) ? _decisions[_head % Decisions] : null;

    /// <summary>Gives the room of <see cref="Next"/> back.</summary>
    public void Release() => Volatile.Write(ref _head, _head + 1);

    /// <summary>Adds a sample of the node, and of each slice with a limit of its own.</summary>
    /// <param name="node">The last readings.</param>
    /// <param name="policy">The policy in force.</param>
    public void Note(NodePressure node, ReapPolicy policy)
    {
        Add(null, node.Last, policy);
        foreach (var slice in node.Slices.All)
        {
            if (slice is { IsLimited: true })
            {
                Add(slice.Path, slice.Last, policy);
            }
        }
    }

    /// <summary>Adds a look at the containers at which nothing is decided.</summary>
    /// <param name="timestamp">When the signals were read.</param>
    /// <param name="policy">The policy in force.</param>
    /// <param name="snapshot">The containers.</param>
    /// <param name="ranking">Their order.</param>
    public void Note(long timestamp, ReapPolicy policy, CandidateSnapshot snapshot, VictimRanking ranking)
    {
        Looks.Next.Fill(timestamp, policy, snapshot, ranking);
        Looks.Add();
    }

    /// <summary>Copies the facts of a decision, before anything is done about it. Nothing comes of it without <see cref="Keep"/>.</summary>
    /// <param name="kind">What it is about.</param>
    /// <param name="node">The readings that it rests on.</param>
    /// <param name="policy">The policy in force.</param>
    /// <param name="occasion">What it rests on.</param>
    /// <param name="pendingBytes">What is on its way back already, in bytes.</param>
    /// <param name="snapshot">The candidates.</param>
    /// <param name="ranking">Their order.</param>
    /// <param name="plan">Whom the planner took.</param>
    public void Capture(
        DecisionKind kind,
        NodePressure node,
        ReapPolicy policy,
        in Occasion occasion,
        long pendingBytes,
        CandidateSnapshot snapshot,
        VictimRanking ranking,
        KillPlan plan)
    {
        _captured = _tail - Volatile.Read(ref _head) < Decisions ? _decisions[_tail % Decisions] : null;
        _isLost = _captured is null;
        _captured?.Fill(kind, node, policy, occasion, pendingBytes, snapshot, ranking, plan);
    }

    /// <summary>Notes what was concluded from the facts that were captured last.</summary>
    /// <param name="plan">The plan, without those that have time to end by themselves.</param>
    /// <param name="isWithinBudget">True when the cap on kills allows another.</param>
    /// <param name="conclusion">The conclusion.</param>
    public void Conclude(KillPlan plan, bool isWithinBudget, Conclusion conclusion) => _captured?.Conclude(plan, isWithinBudget, conclusion);

    /// <summary>Something came of the decision that was captured last: it is kept, once.</summary>
    public void Keep()
    {
        if (_captured is not null)
        {
            _captured = null;
            Volatile.Write(ref _tail, _tail + 1);
        }
        else if (_isLost)
        {
            _isLost = false;
            Volatile.Write(ref _lost, _lost + 1);
        }
    }

    private void Add(string? slicePath, in PressureReading reading, ReapPolicy policy) =>
        Ring.Add(new PressureSample(slicePath, reading, Occasion.VerdictOn(reading, policy.Pressure, slicePath is not null), policy));
}
