using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Planning;
using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Pressure;
using NodeReaper.Engine.Ranking;
using NodeReaper.Engine.Reporting;

namespace NodeReaper.Engine.Recording;

/// <summary>
/// Keeps the last samples and decisions. The pressure thread writes, allocates nothing and never waits; one other thread may read. When that
/// falls behind, decisions are lost and counted.
/// </summary>
public sealed class FlightRecorder
{
    // More than a minute at the fastest pace, with a slice that has a limit.
    private const int Samples = 12288;
    private const int Decisions = 4;

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

    /// <summary>How many decisions were lost because nobody had taken those before.</summary>
    public long Lost => Volatile.Read(ref _lost);

    /// <summary>The oldest decision that was not taken yet; null when there is none. It stays as it is until <see cref="Release"/>.</summary>
    public RecordedDecision? Next => _head < Volatile.Read(ref _tail) ? _decisions[_head % Decisions] : null;

    /// <summary>Gives the room of <see cref="Next"/> back.</summary>
    public void Release() => Volatile.Write(ref _head, _head + 1);

    internal void Note(NodePressure node, ReapPolicy policy)
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

    /// <summary>Copies the facts of a decision, before anything is done about it. Nothing comes of it without <see cref="Keep"/>.</summary>
    internal void Capture(
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
    internal void Conclude(KillPlan plan, bool isWithinBudget, Conclusion conclusion) => _captured?.Conclude(plan, isWithinBudget, conclusion);

    /// <summary>Something came of the decision that was captured last: it is kept, once.</summary>
    internal void Keep()
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
        Ring.Add(new PressureSample(slicePath, reading, Occasion.Of(reading, policy.Pressure, null).Verdict, policy));
}
