using NodeReaper.Engine.Assessment;
using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Killing;
using NodeReaper.Engine.OwnLimits;
using NodeReaper.Engine.Pressure;
using NodeReaper.Engine.Ranking;
using NodeReaper.Engine.Verification;

namespace NodeReaper.Engine.Reporting;

/// <summary>
/// Everything about one decision: enough to tell afterwards what was done and why. Reports live in a ring and are
/// filled again; a sink must not keep one.
/// </summary>
public sealed class ReapReport
{
    /// <summary>The most candidates that a report lists; the ranking's first.</summary>
    public const int MaxListed = 16;

    /// <summary>The most processes of the victim that a report lists; the largest of them, where that was asked.</summary>
    public const int MaxProcesses = 64;

    private readonly ReportedCandidate[] _ranked = new ReportedCandidate[MaxListed];
    private readonly VictimProcess[] _processes = new VictimProcess[MaxProcesses];
    private readonly int[] _excluded = new int[Enum.GetValues<Exclusion>().Length];
    private int _rankedCount;
    private int _processCount;
    private readonly ContainerFacts[] _alsoKilled = new ContainerFacts[KillTarget.MaxCgroups];
    private int _alsoKilledCount;

    /// <summary>What the report is about.</summary>
    public ReportKind Kind { get; internal set; }

    /// <summary>When the signals were read that it decided on, by the wall clock.</summary>
    public DateTimeOffset Time { get; internal set; }

    /// <summary>A number that rises with each report of this run.</summary>
    public long Sequence { get; internal set; }

    /// <summary>The node's signals.</summary>
    public PressureReading Reading { get; internal set; }

    /// <summary>The thresholds.</summary>
    public PressureLimits Limits { get; internal set; }

    /// <summary>The path of the slice that is short of memory; null for the node.</summary>
    public string? SlicePath { get; internal set; }

    /// <summary>The verdict.</summary>
    public PressureVerdict Verdict { get; internal set; }

    /// <summary>The victim; not set for <see cref="ReportKind.NoVictim"/>.</summary>
    public ref readonly ReportedCandidate Victim => ref _victim;

    /// <summary>What the killer did.</summary>
    public KillOutcome Outcome { get; internal set; }

    /// <summary>What came back.</summary>
    public ReliefResult Relief { get; internal set; }

    /// <summary>How much of the Pod died.</summary>
    public KillScope Scope { get; internal set; }

    /// <summary>How many containers died.</summary>
    public int ContainerCount { get; internal set; }

    /// <summary>The containers of the victim's Pod that died along with it, as far as it is known which they are.</summary>
    public ReadOnlySpan<ContainerFacts> AlsoKilled => _alsoKilled.AsSpan(0, _alsoKilledCount);

    /// <summary>The end of an incomplete kill; only for <see cref="ReportKind.Drained"/>.</summary>
    public ref readonly DrainingVictim Drained => ref _drained;

    /// <summary>How many processes the kernel's OOM killer took; only for <see cref="ReportKind.KernelOom"/>.</summary>
    public long KernelOomCount { get; private set; }

    /// <summary>Why it came first.</summary>
    public LateReason LateReason { get; private set; }

    /// <summary>True when all that was allowed, of all Pods or some, was to tell.</summary>
    public bool IsDryRun { get; private set; }

    /// <summary>The policy's cap; only for <see cref="ReportKind.Capped"/>.</summary>
    public int KillsInWindow { get; internal set; }

    /// <summary>The window of the cap.</summary>
    public TimeSpan KillWindow { get; internal set; }

    /// <summary>How the container stands still at its own limit; only where that is what was decided on.</summary>
    public Livelock Livelock { get; internal set; }

    /// <summary>Whose stalls they are; only where stalls are what was decided on.</summary>
    public StallEvidence Stall { get; internal set; }

    /// <summary>What the stage did, in bytes: reclaimed, or the mark above which the container is slowed down.</summary>
    public long StageBytes { get; internal set; }

    /// <summary>The grace period; only for <see cref="ReportKind.Terminated"/>.</summary>
    public TimeSpan Grace { get; internal set; }

    /// <summary>True when an agent before this one had left it behind; only for <see cref="ReportKind.Unthrottled"/>.</summary>
    public bool IsLeftover { get; internal set; }

    /// <summary>True when there is a <see cref="Victim"/>.</summary>
    public bool HasVictim { get; private set; }

    /// <summary>Where the victim stood in the ranking; not set where none was decided on.</summary>
    public VictimRank Rank { get; internal set; }

    /// <summary>MemAvailable after the kill, in bytes.</summary>
    public long AvailableAfterBytes { get; internal set; }

    /// <summary>How many candidates were ranked.</summary>
    public int RankedTotal { get; internal set; }

    /// <summary>What the deaths of all that were ranked would give back together, in bytes.</summary>
    public long RankedBytes { get; private set; }

    /// <summary>The first of the ranking.</summary>
    public ReadOnlySpan<ReportedCandidate> Ranked => _ranked.AsSpan(0, _rankedCount);

    /// <summary>The victim's processes.</summary>
    public ReadOnlySpan<VictimProcess> Processes => _processes.AsSpan(0, _processCount);

    /// <summary>
    /// The container that holds the most memory of those that may not be chosen: who reads the report wants to know where the memory is.
    /// Not set without such a one (<see cref="HasSpared"/>).
    /// </summary>
    public ref readonly ReportedCandidate Spared => ref _spared;

    /// <summary>True when there is a <see cref="Spared"/>.</summary>
    public bool HasSpared { get; private set; }

    private ReportedCandidate _victim;
    private ReportedCandidate _spared;
    private DrainingVictim _drained;

    /// <summary>How many candidates were excluded for a reason.</summary>
    /// <param name="exclusion">The reason.</param>
    public int ExcludedBy(Exclusion exclusion) => _excluded[(int)exclusion];

    internal void KeepRanking(CandidateSnapshot snapshot, VictimRanking ranking, IReadOnlyList<RankingKey> keys)
    {
        _victim = default;
        HasVictim = false;
        _processCount = 0;
        _alsoKilledCount = 0;
        Array.Clear(_excluded);
        var all = snapshot.All;
        var spared = -1;
        for (var i = 0; i < all.Length; i++)
        {
            _excluded[(int)all[i].Exclusion]++;
            if (all[i].Exclusion is not (Exclusion.None or Exclusion.Elsewhere or Exclusion.ToldOf)
                && all[i].Memory.Unreclaimable > (spared < 0 ? 0 : all[spared].Memory.Unreclaimable))
            {
                spared = i;
            }
        }

        HasSpared = spared >= 0;
        if (HasSpared)
        {
            _spared.Keep(all[spared], null);
        }

        RankedTotal = ranking.Count;
        RankedBytes = ranking.ReliefBytes(snapshot);
        _rankedCount = Math.Min(ranking.Count, MaxListed);
        for (var i = 0; i < _rankedCount; i++)
        {
            _ranked[i].Keep(all[ranking.Order[i]], Ranker.KeyAfter(snapshot, ranking, keys, i));
        }
    }

    internal void KeepVictim(CandidateSnapshot snapshot, VictimRanking ranking, IReadOnlyList<RankingKey> keys, int index)
    {
        var position = ranking.Order.IndexOf(index);
        _victim.Keep(snapshot.All[index], Ranker.KeyAfter(snapshot, ranking, keys, position));
        HasVictim = true;
    }

    internal void KeepKernelOom(ContainerCgroup? victim, long count, LateReason reason, bool isDryRun)
    {
        IsDryRun = isDryRun;
        KernelOomCount = count;
        LateReason = reason;
        if (victim is not null)
        {
            KeepContainer(victim);
        }
    }

    internal void KeepContainer(ContainerCgroup container)
    {
        _victim.Keep(new Candidate { Cgroup = container, Pod = container.Pod, Container = container.Container, QosClass = container.QosClass }, null);
        HasVictim = true;
    }

    internal void KeepContainer(in ReportedCandidate container)
    {
        _victim = container;
        HasVictim = true;
    }

    internal void KeepDrained(in DrainingVictim drained)
    {
        _drained = drained;
        KeepContainer(drained.Victim);
    }

    internal void ForgetRanking()
    {
        _victim = default;
        HasVictim = false;
        HasSpared = false;
        _processCount = 0;
        _alsoKilledCount = 0;
        _rankedCount = 0;
        RankedTotal = 0;
        RankedBytes = 0;
        Array.Clear(_excluded);
    }

    internal void KeepAlsoKilled(ContainerFacts? container)
    {
        if (container is not null && _alsoKilledCount < _alsoKilled.Length)
        {
            _alsoKilled[_alsoKilledCount++] = container;
        }
    }

    internal void KeepProcesses(ReadOnlySpan<VictimProcess> processes)
    {
        _processCount = Math.Min(processes.Length, MaxProcesses);
        processes[.._processCount].CopyTo(_processes);
    }
}
