using System.Diagnostics;
using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Killing;
using NodeReaper.Kernel.Cgroups;
using NodeReaper.Kernel.Procfs;
using NodeReaper.Kernel.Scheduling;
using NodeReaper.Kernel.Syscalls;

namespace NodeReaper.Engine.Verification;

/// <summary>
/// Proves that a victim's memory came back, by looking until it has or the deadline is over. It stays on the killer's
/// thread, and lets go of held threads while it waits.
/// </summary>
public sealed class Verifier
{
    private const int FirstPauseMicroseconds = 50;
    private const int LongestPauseMicroseconds = 2000;

    // Page tables and what the kernel keeps for a while stay below this share of what was there.
    private const int ResidueDivisor = 64;

    // The others of the container may grow meanwhile, and it itself may have between the two looks.
    private const int LossDivisor = 8;

    // Who is not dead by then, or gives nothing back for so long, sleeps uninterruptibly, most likely.
    private static readonly long s_patience = Stopwatch.Frequency / 4;

    private static readonly long s_askEvery = Stopwatch.Frequency / 100;
    // Counting the CPUs allocates: not in a kill.
    private readonly long _batchBytes = MemoryUse.BatchBytes;
    private readonly MemoryUseReader _reader = new();
    private readonly ProcessFiles _proc;

    private long _askAgainAt;
    private volatile bool _isStopping;

    /// <summary>Makes one.</summary>
    /// <param name="proc">The proc file system.</param>
    public Verifier(ProcessFiles proc) => _proc = proc;

    /// <summary>Ends any wait, as if its deadline were over. Safe from any thread.</summary>
    public void Stop() => _isStopping = true;

    /// <summary>Waits for the proof that the memory of a victim is back, and for its death.</summary>
    /// <param name="target">The victim.</param>
    /// <param name="outcome">What the killer did.</param>
    /// <param name="before">What the victim used before.</param>
    /// <param name="proof">Cgroup; ProcessInCgroup of one among others; or Process where the cgroup has no memory controller.</param>
    /// <param name="deadline">How long from the decision to kill.</param>
    /// <param name="killer">The killer, on its own thread.</param>
    /// <param name="isUrgent">
    /// Tells whether the kernel's OOM killer is near; null when that does not matter. Where it does, no more than a quarter of a second is waited for
    /// a victim that gives nothing back meanwhile: for the death of one whose memory is back at any time, for memory only while it is urgent.
    /// </param>
    public ReliefResult Verify(
        KillTarget target, in KillOutcome outcome, in MemoryUse before, ReliefProof proof, TimeSpan deadline, Killer killer, Func<bool>? isUrgent = null)
    {
        var end = outcome.DecidedAt + (long)(deadline.TotalSeconds * Stopwatch.Frequency);
        var result = new ReliefResult(proof, before, before, 0, 0);
        var pause = FirstPauseMicroseconds;
        var (least, progressAt) = (before.Freeable, outcome.SignalledAt);
        while (true)
        {
            // Of many processes, only the largest are followed; the cgroup knows of all.
            var allDead = killer.Attend() && !(target.IsCgroup && IsPopulated(target.Cgroups));
            result = proof switch
            {
                ReliefProof.Cgroup => LookAtCgroups(target, result, outcome, allDead),
                ReliefProof.ProcessInCgroup => LookAtProcessOf(target.Cgroups[0], result, outcome, allDead, killer),
                _ => LookAtProcesses(killer.Processes, result, outcome, allDead),
            };
            if (result.IsFreed && result.IsDead)
            {
                return result;
            }

            var now = Stopwatch.GetTimestamp();
            if (least - result.Left.Freeable >= _batchBytes)
            {
                (least, progressAt) = (result.Left.Freeable, now);
            }

            if (_isStopping || now >= end || (isUrgent is not null && IsStuck(result, progressAt, now) && (result.IsFreed || IsUrgent(isUrgent, now))))
            {
                return result with { HugetlbLeft = HugetlbOf(target) };
            }

            SelfProtection.Sleep(pause);
            pause = Math.Min(pause * 3 / 2, LongestPauseMicroseconds);
        }
    }

    // Not at each look: what is asked measures rates.
    private bool IsUrgent(Func<bool> isUrgent, long now)
    {
        if (now < _askAgainAt)
        {
            return false;
        }

        _askAgainAt = now + s_askEvery;
        return isUrgent();
    }

    private static bool IsStuck(in ReliefResult result, long progressAt, long now) =>
        now - (result.IsFreed ? result.FreedAt : progressAt) >= s_patience;

    private ReliefResult LookAtCgroups(KillTarget target, in ReliefResult result, in KillOutcome outcome, bool allDead)
    {
        var now = Stopwatch.GetTimestamp();
        var left = default(MemoryUse);
        var areAllGone = true;
        foreach (var cgroup in target.Cgroups)
        {
            var error = _reader.Read(cgroup, out var each);
            if (error.IsGone)
            {
                // The runtime removes a container's cgroup once it is empty; what was charged to it is uncharged by then.
                continue;
            }

            areAllGone = false;
            if (!error.IsNone)
            {
                return result;
            }

            left = left.Plus(each);
        }

        if (areAllGone)
        {
            // Files on tmpfs and in the page cache outlast the cgroup: they count as left, as when they were last seen.
            var files = result.Left.Shmem - result.Left.MappedShmem;
            var outlasting = new MemoryUse(files + result.Left.File, 0, files, result.Left.File, 0, 0, 0, 0);
            return allDead && outcome.SharerProcessId == 0
                ? result with
                {
                    Proof = ReliefProof.CgroupGone,
                    Left = outlasting,
                    FreedAt = FirstTime(result.FreedAt, now),
                    DeadAt = FirstTime(result.DeadAt, now),
                }
                : result with { DeadAt = allDead ? FirstTime(result.DeadAt, now) : 0 };
        }

        var dead = result.IsDead || allDead ? FirstTime(result.DeadAt, now) : 0;
        var tolerance = Math.Max(result.Before.Freeable / ResidueDivisor, _batchBytes);

        // What is smaller than the kernel's own batches is only proven by its owner's death.
        var isLargeEnough = result.Before.Freeable > 4 * tolerance;
        var freed = left.LeftOf(result.Before) <= tolerance && (isLargeEnough || (dead > 0 && outcome.SharerProcessId == 0));
        return result with { Left = left, FreedAt = freed ? FirstTime(result.FreedAt, now) : 0, DeadAt = dead };
    }

    private static long HugetlbOf(KillTarget target)
    {
        long bytes = 0;
        foreach (var cgroup in target.Cgroups)
        {
            bytes += HugetlbUse.Read(cgroup);
        }

        return bytes;
    }

    // One process of a container: what is left is what the others use.
    private ReliefResult LookAtProcessOf(CgroupDirectory cgroup, in ReliefResult result, in KillOutcome outcome, bool allDead, Killer killer)
    {
        var now = Stopwatch.GetTimestamp();
        var error = _reader.Read(cgroup, out var left);
        left = error.IsNone ? left : result.Left;

        // Dead is not freed: a reader of /proc may keep the memory of a process that is gone.
        var isBack = allDead && (error.IsGone || Lost(result.Before, left) >= outcome.AnonBytes - Math.Max(outcome.AnonBytes / LossDivisor, _batchBytes));
        var freed = outcome.SharerProcessId == 0 && (AreReleased(killer.Processes) || isBack);
        return result with
        {
            Left = left,
            FreedAt = freed ? FirstTime(result.FreedAt, now) : 0,
            DeadAt = allDead ? FirstTime(result.DeadAt, now) : 0,
        };
    }

    private static long Lost(in MemoryUse before, in MemoryUse left) => before.Anon + before.Swap - left.Anon - left.Swap;

    // EINVAL to the end: one that shares the memory is not dying, also when nobody found out in time who that is. Those of the victim that
    // share it among themselves are not meant, nor a kernel that does not know the flag of its own kill-and-reap.
    private static bool IsKept(ReadOnlySpan<VictimProcess> processes, in KillOutcome outcome)
    {
        var isKept = false;
        foreach (ref readonly var process in processes)
        {
            if (process.ReleaseShares > 0 && process.ReleaseError.IsNone)
            {
                return false;
            }

            isKept |= process.ReleaseShares > 0 && process.ReleaseError == Errno.EINVAL;
        }

        return isKept && !StrategySteps.Of(outcome.Strategy).KillsByRelease;
    }

    private static bool AreReleased(ReadOnlySpan<VictimProcess> processes)
    {
        foreach (ref readonly var process in processes)
        {
            if (process.ReleaseShares == 0 || !process.ReleaseError.IsNone)
            {
                return false;
            }
        }

        return true;
    }

    private ReliefResult LookAtProcesses(
        ReadOnlySpan<VictimProcess> processes, in ReliefResult result, in KillOutcome outcome, bool allDead)
    {
        var now = Stopwatch.GetTimestamp();
        if (outcome.SharerProcessId != 0 || IsKept(processes, outcome))
        {
            // Somebody else keeps the address space: the death proves nothing.
            return result with { DeadAt = allDead ? FirstTime(result.DeadAt, now) : 0 };
        }

        if (allDead)
        {
            return result with { Left = default, FreedAt = FirstTime(result.FreedAt, now), DeadAt = FirstTime(result.DeadAt, now) };
        }

        // Only once the release is over does looking at a process not slow it any more.
        if (result.IsFreed || outcome.ReleasedAt == 0)
        {
            return result;
        }

        long resident = 0;
        var isProven = true;
        foreach (ref readonly var process in processes)
        {
            if (process.DeadAt != 0)
            {
                continue;
            }

            // A process that has dropped its mm, and its executable with it, reads as 0 while others may still pin the
            // memory: no proof. One that is released and cannot die yet reads as 0, too.
            var statm = _proc.Statm(process.ProcessId);
            isProven &= statm.Succeeded && (statm.Value > 0 || _proc.HasExecutable(process.ProcessId));
            resident += statm.Succeeded ? statm.Value * Environment.SystemPageSize : 0;
        }

        var freed = isProven && resident <= result.Before.Freeable / ResidueDivisor;
        return result with { Left = MemoryUse.OfResident(resident), FreedAt = freed ? now : 0 };
    }

    private static bool IsPopulated(ReadOnlySpan<CgroupDirectory> cgroups)
    {
        foreach (var cgroup in cgroups)
        {
            if (cgroup.IsPopulated())
            {
                return true;
            }
        }

        return false;
    }

    private static long FirstTime(long earlier, long now) => earlier > 0 ? earlier : now;
}
