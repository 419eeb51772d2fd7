using System.Diagnostics;
using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Killing;
using NodeReaper.Engine.Pressure;
using NodeReaper.Engine.Reporting;
using NodeReaper.Kernel.Cgroups;

namespace NodeReaper.Engine.Verification;

/// <summary>
/// The victims that were killed and are not gone: asleep uninterruptibly, or with memory that only their exit gives back, or that is
/// still on its way to a slow disk when they are dead. They stay quarantined; each is looked at until its cgroup is empty and the memory
/// back, or the cgroup gone, and told then.
/// </summary>
public sealed class DrainingVictims : IDisposable
{
    /// <summary>The most that are looked after; of more, the end is not told.</summary>
    public const int Capacity = 64;

    // Less than this between two looks is noise.
    private const long LeastShrinkBytes = 256 << 10;

    // So that the first look counts as news.
    private static readonly MemoryUse s_most = MemoryUse.OfResident(long.MaxValue / 2);

    private readonly DrainingVictim[] _victims = new DrainingVictim[Capacity];
    private readonly long _batchBytes = MemoryUse.BatchBytes;
    private readonly MemoryUseReader _reader = new();
    private readonly TimeSpan _swapPatience;
    private int _count;

    /// <summary>Begins with none.</summary>
    /// <param name="swapPatience">For how long the swap of one that is dead is waited for when it does not get less; null: 10 s.</param>
    public DrainingVictims(TimeSpan? swapPatience = null) => _swapPatience = swapPatience ?? TimeSpan.FromSeconds(10);

    /// <summary>How many there are.</summary>
    public int Count => _count;

    /// <summary>Those that are not gone.</summary>
    public ReadOnlySpan<DrainingVictim> All => _victims.AsSpan(0, _count);

    /// <summary>
    /// What is on its way back, in bytes: what those still hold that have given something back of late. One that gives
    /// nothing any more is not waited for.
    /// </summary>
    /// <param name="patience">How late is of late.</param>
    /// <param name="slice">Only of those in this slice; null: of all.</param>
    /// <param name="uselessSwap">The share of what they have in swap that is no relief, 0 to 1.</param>
    public long PendingBytes(TimeSpan patience, SlicePressure? slice = null, double uselessSwap = 0)
    {
        long bytes = 0;
        var since = Stopwatch.GetTimestamp() - (long)(patience.TotalSeconds * Stopwatch.Frequency);
        foreach (ref readonly var victim in All)
        {
            if (victim.GoneAt == 0 && victim.ShrankAt > since && slice?.Holds(victim.Victim.Facts.QosClass) != false)
            {
                bytes += victim.Left.Freeable - (long)(uselessSwap * victim.Left.Swap);
            }
        }

        return bytes;
    }

    /// <summary>Keeps a victim in mind whose kill is incomplete, unless it is gone by now. Allocates nothing.</summary>
    /// <param name="cgroup">Its cgroup.</param>
    /// <param name="victim">Who it is.</param>
    /// <param name="incident">The report that told of its kill.</param>
    /// <param name="outcome">What the killer did.</param>
    public void Add(CgroupDirectory cgroup, in ReportedCandidate victim, long incident, in KillOutcome outcome)
    {
        if (_count == Capacity || cgroup.OpenChild(".\0"u8, out _) is not { IsOpen: true } own)
        {
            return;
        }

        ref var added = ref _victims[_count];
        added = new DrainingVictim { Cgroup = own, Victim = victim, Incident = incident, DecidedAt = outcome.DecidedAt, Left = s_most };
        Look(ref added);
        if (added.GoneAt == 0)
        {
            _count++;
        }
        else
        {
            own.Close();
        }
    }

    /// <summary>Looks at each once.</summary>
    /// <param name="gone">Takes those that are gone; when it returns false, for want of room, they are told next time.</param>
    public void Poll(Func<DrainingVictim, bool> gone)
    {
        for (var position = _count - 1; position >= 0; position--)
        {
            ref var victim = ref _victims[position];
            Look(ref victim);
            if (victim.GoneAt != 0 && gone(victim))
            {
                victim.Cgroup.Close();
                _victims[position] = _victims[--_count];
            }
        }
    }

    /// <summary>Closes what is open.</summary>
    public void Dispose()
    {
        foreach (ref readonly var victim in All)
        {
            victim.Cgroup.Close();
        }

        _count = 0;
    }

    // Some swap stays charged to the dead until somebody needs it: seen on Linux 6.12 with a disk, megabytes for minutes. Nobody waits for that.
    private bool IsBack(in MemoryUse left, long shrankAt) =>
        left.Freeable <= _batchBytes
        || (left.Freeable - left.Swap <= _batchBytes && Stopwatch.GetElapsedTime(shrankAt) >= _swapPatience);

    private void Look(ref DrainingVictim victim)
    {
        if (victim.GoneAt != 0)
        {
            return;
        }

        var error = _reader.Read(victim.Cgroup, out var left);
        if (error.IsNone)
        {
            victim.ShrankAt = victim.Left.Freeable - left.Freeable >= LeastShrinkBytes ? Stopwatch.GetTimestamp() : victim.ShrankAt;
            victim.Left = left;
            victim.HugetlbLeft = HugetlbUse.Read(victim.Cgroup);
        }

        if (error.IsGone || (error.IsNone && IsBack(left, victim.ShrankAt) && !victim.Cgroup.IsPopulated()))
        {
            victim.Left = error.IsGone ? default : left;
            victim.HugetlbLeft = error.IsGone ? 0 : victim.HugetlbLeft;
            victim.GoneAt = Stopwatch.GetTimestamp();
        }
    }
}
