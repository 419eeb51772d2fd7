using NodeReaper.Engine.Assessment;
using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Planning;
using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Pressure;
using NodeReaper.Engine.Ranking;
using NodeReaper.Engine.Reporting;

namespace NodeReaper.Engine.Explaining;

/// <summary>
/// What a decision would rest on at this moment, and what it would be. Whoever asks makes one, large enough, so that whoever fills it
/// allocates nothing.
/// </summary>
/// <param name="capacity">How many containers it can hold.</param>
/// <param name="otherPolicy">The policy that is asked about; null for the one in force.</param>
public sealed class Explanation(int capacity, ReapPolicy? otherPolicy = null)
{
    private readonly ReportedCandidate[] _containers = new ReportedCandidate[capacity];
    private readonly int[] _dying = new int[KillPlan.MaxVictims];
    private readonly TaskCompletionSource _filled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _count;
    private int _dyingCount;
    private volatile bool _isAbandoned;

    /// <summary>Ends when it is filled.</summary>
    public Task Filled => _filled.Task;

    /// <summary>The policy that is asked about; null for the one in force.</summary>
    public ReapPolicy? OtherPolicy { get; } = otherPolicy;

    /// <summary>True once nobody waits for it any more.</summary>
    public bool IsAbandoned => _isAbandoned;

    /// <summary>Nobody waits for it any more: it need not be filled. Safe from any thread.</summary>
    public void Abandon() => _isAbandoned = true;

    /// <summary>When, by the wall clock.</summary>
    public DateTimeOffset Time { get; private set; }

    /// <summary>The signals of the place that is short of memory; of the node when none is.</summary>
    public PressureReading Reading { get; private set; }

    /// <summary>The thresholds there.</summary>
    public PressureLimits Limits { get; private set; }

    /// <summary>The verdict on them.</summary>
    public PressureVerdict Verdict { get; private set; }

    /// <summary>The path of the slice that is short of memory; null for the node.</summary>
    public string? SlicePath { get; private set; }

    /// <summary>The policy that was decided by.</summary>
    public ReapPolicy Policy { get; private set; } = new();

    /// <summary>How many containers there are; those above the capacity are left out.</summary>
    public int Total { get; private set; }

    /// <summary>How many may be killed.</summary>
    public int RankedCount { get; private set; }

    /// <summary>Those that may be killed, the one that dies first in front.</summary>
    public ReadOnlySpan<ReportedCandidate> Ranked => _containers.AsSpan(0, Math.Min(RankedCount, _count));

    /// <summary>Those that may not.</summary>
    public ReadOnlySpan<ReportedCandidate> Excluded => _containers.AsSpan(Ranked.Length, _count - Ranked.Length);

    /// <summary>What is missing now or, when nothing is, what would be at the threshold, in bytes.</summary>
    public long MissingBytes { get; private set; }

    /// <summary>What those hold, in bytes, of whom a dry run has told in this shortage: they count as dead.</summary>
    public long ToldBytes { get; private set; }

    /// <summary>Who would die for that, as places in the ranking.</summary>
    public ReadOnlySpan<int> Dying => _dying.AsSpan(0, _dyingCount);

    /// <summary>True when memory is short, and all deaths together would not end that: until it is an emergency, nobody dies.</summary>
    public bool IsInVain { get; private set; }

    /// <summary>Fills it. Allocates nothing but for telling whoever waits.</summary>
    /// <param name="occasion">What a decision would rest on.</param>
    /// <param name="policy">The policy.</param>
    /// <param name="snapshot">The containers.</param>
    /// <param name="ranking">Their order.</param>
    /// <param name="plan">Is filled along.</param>
    public void Fill(in Occasion occasion, ReapPolicy policy, CandidateSnapshot snapshot, VictimRanking ranking, KillPlan plan)
    {
        Time = DateTimeOffset.UtcNow;
        Reading = occasion.Reading;
        Limits = occasion.Limits;
        Verdict = occasion.Verdict;
        SlicePath = occasion.Slice?.Path;
        Policy = policy;
        Total = snapshot.Count;
        RankedCount = ranking.Count;
        MissingBytes = Math.Max(1, Verdict.IsShort ? Verdict.DeficitBytes : Limits.RecoverToBytes - Limits.KillBelowBytes);
        ToldBytes = Decisions.ToldBytes(snapshot);
        Decisions.Plan(snapshot, ranking, occasion with { Verdict = Verdict with { DeficitBytes = MissingBytes } }, 0, policy.Plan, plan);
        if (Verdict.IsShort ? Decisions.WouldBeOver(occasion, ToldBytes) : ToldBytes >= MissingBytes)
        {
            plan.Clear();
        }

        Keep(snapshot, ranking, policy.Ranking);
        IsInVain = Verdict.IsShort && plan.Count > 0
            && Decisions.Conclude(occasion, snapshot, ranking, plan, isWithinBudget: true) == Conclusion.NoVictim;
        KeepDying(ranking, plan);
        _filled.TrySetResult();
    }

    private void Keep(CandidateSnapshot snapshot, VictimRanking ranking, IReadOnlyList<RankingKey> keys)
    {
        var all = snapshot.All;
        var order = ranking.Order;
        _count = 0;
        for (var i = 0; i < order.Length && _count < capacity; i++)
        {
            _containers[_count++].Keep(
                all[order[i]], i + 1 < order.Length ? Ranker.DecidingKey(all[order[i]], all[order[i + 1]], keys) : null);
        }

        for (var i = 0; i < all.Length && _count < capacity; i++)
        {
            if (all[i].Exclusion != Exclusion.None)
            {
                _containers[_count++].Keep(all[i], null);
            }
        }
    }

    private void KeepDying(VictimRanking ranking, KillPlan plan)
    {
        _dyingCount = 0;
        foreach (var victim in IsInVain ? [] : plan.Victims)
        {
            _dying[_dyingCount++] = ranking.Order.IndexOf(victim);
        }
    }
}
