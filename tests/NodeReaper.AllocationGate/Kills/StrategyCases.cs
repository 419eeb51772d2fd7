using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Killing;
using NodeReaper.Engine.Verification;
using NodeReaper.Kernel.Cgroups;

namespace NodeReaper.AllocationGate.Kills;

/// <summary>Kills as they should go, by each strategy.</summary>
internal static class StrategyCases
{
    private static readonly TimeSpan s_long = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_short = TimeSpan.FromMilliseconds(100);

    internal static IEnumerable<GateCase> All(KillRig rig) => KillRig.Strategies.SelectMany(strategy => Of(rig, strategy));

    /// <summary>The ones to run under the answers of another kernel, where nothing can be expected of them.</summary>
    internal static IEnumerable<GateCase> Few(KillRig rig)
    {
        foreach (var strategy in KillRig.Strategies)
        {
            yield return new GateCase($"{strategy}, one process", () => One(rig, strategy, _ => true, s_short));
            yield return new GateCase($"{strategy}, a cgroup of 4", () => Many(rig, strategy, 4, _ => true, s_short));
            yield return new GateCase($"{strategy}, without cgroup.kill", () => WithoutCgroupKill(rig, strategy, _ => true, s_short));
        }
    }

    private static IEnumerable<GateCase> Of(KillRig rig, KillStrategy strategy)
    {
        yield return new GateCase($"{strategy}, one process", () => One(rig, strategy, IsProven, s_long));
        yield return new GateCase($"{strategy}, a cgroup of 64", () => Many(rig, strategy, 64, attempt => IsProven(attempt, 64), s_long));
        yield return new GateCase(
            $"{strategy}, a cgroup of more than are followed",
            () => Many(rig, strategy, VictimProcesses.Followed + 76, attempt => IsProven(attempt, VictimProcesses.Followed + 76), s_long));
        yield return new GateCase($"{strategy}, first threads that have ended", () => Leaderless(rig, strategy));
        yield return new GateCase($"{strategy}, without cgroup.kill", () => WithoutCgroupKill(rig, strategy, IsProven, s_long));
        yield return new GateCase($"{strategy}, without cgroup.kill, frozen meanwhile", () => WithoutCgroupKill(rig, strategy, IsProven, s_long, "cgroup.freeze"));
        yield return new GateCase($"{strategy}, the largest process of a cgroup", () => LargestOf(rig, strategy));
        yield return new GateCase($"{strategy}, two cgroups of a Pod", () => Pod(rig, strategy));
        yield return new GateCase($"{strategy}, proven by memory.stat", () => ProvenByStat(rig, strategy));
    }

    private static KillAttempt One(KillRig rig, KillStrategy strategy, Func<KillAttempt, bool> isAsExpected, TimeSpan deadline)
    {
        var attempt = new KillAttempt(rig, strategy) { IsAsExpected = isAsExpected, Deadline = deadline };
        attempt.Target = new KillTarget(CgroupDirectory.None, attempt.Cgroup.Start("--mib 16 --threads 2"));
        return attempt;
    }

    private static KillAttempt Many(KillRig rig, KillStrategy strategy, int processes, Func<KillAttempt, bool> isAsExpected, TimeSpan deadline)
    {
        var attempt = new KillAttempt(rig, strategy)
        {
            IsAsExpected = isAsExpected,
            Deadline = deadline,
            Proof = rig.HasMemoryController ? ReliefProof.Cgroup : ReliefProof.Process,
        };
        _ = attempt.Cgroup.Start($"--mib {(processes > 100 ? 0 : 1)} --procs {processes - 1}");
        return attempt;
    }

    private static KillAttempt Leaderless(KillRig rig, KillStrategy strategy)
    {
        var attempt = new KillAttempt(rig, strategy) { IsAsExpected = IsProven };
        var victim = attempt.Cgroup.Start("--mib 4 --procs 3 --threads 3 --leader-exits");
        while (!File.ReadAllText($"/proc/{victim}/stat").Contains(") Z ", StringComparison.Ordinal))
        {
            Thread.Sleep(1);
        }

        return attempt;
    }

    private static KillAttempt WithoutCgroupKill(
        KillRig rig, KillStrategy strategy, Func<KillAttempt, bool> isAsExpected, TimeSpan deadline, params string[] files)
    {
        var attempt = new KillAttempt(rig, strategy) { IsAsExpected = isAsExpected, Deadline = deadline };
        attempt.Target = attempt.Cgroup.As(["cgroup.procs", .. files]);
        _ = attempt.Cgroup.Start("--mib 1 --procs 7");
        return attempt;
    }

    // The cgroup never tells that anything came back: without a release that answered, there is no proof.
    private static KillAttempt LargestOf(KillRig rig, KillStrategy strategy)
    {
        var attempt = new KillAttempt(rig, strategy)
        {
            IsAsExpected = attempt => attempt.Outcome is { IsKilled: true, AnonBytes: > 64 << 20 } && attempt.Relief.IsDead
                && (strategy != KillStrategy.Hold || attempt.Relief.IsFreed),
            Before = MemoryUse.OfResident(64 << 20),
            Proof = ReliefProof.ProcessInCgroup,
            Deadline = s_short,
        };
        var listed = attempt.Cgroup.As(["cgroup.procs"], FakeMemory.Files(64 << 20));
        attempt.Target = new KillTarget(listed.Cgroups[0], 0);
        _ = attempt.Cgroup.Start("--mib 1");
        _ = attempt.Cgroup.Start("--mib 128");
        return attempt;
    }

    private static KillAttempt Pod(KillRig rig, KillStrategy strategy)
    {
        var attempt = new KillAttempt(rig, strategy) { IsAsExpected = attempt => IsProven(attempt, 4) };
        var other = attempt.Own(rig.MakeCgroup());
        var target = new KillTarget();
        target.Fill(KillScope.Pod);
        _ = target.Add(attempt.Cgroup.Target.Cgroups[0]) && target.Add(other.Target.Cgroups[0]);
        attempt.Target = target;
        _ = attempt.Cgroup.Start("--mib 8 --procs 1");
        _ = other.Start("--mib 8 --procs 1");
        return attempt;
    }

    // Where the machine has no memory controller, this is still read.
    private static KillAttempt ProvenByStat(KillRig rig, KillStrategy strategy)
    {
        var attempt = new KillAttempt(rig, strategy)
        {
            IsAsExpected = attempt => IsProven(attempt) && attempt.Relief.Proof == ReliefProof.Cgroup,
            Before = MemoryUse.OfResident(64 << 20),
            Proof = ReliefProof.Cgroup,
        };
        attempt.Target = attempt.Cgroup.As(["cgroup.procs", "cgroup.events", "cgroup.kill"], FakeMemory.Files(4096));
        _ = attempt.Cgroup.Start("--mib 64");
        return attempt;
    }

    private static bool IsProven(KillAttempt attempt) => attempt.Outcome.IsKilled && attempt.Relief.IsFreed && attempt.Relief.IsDead;

    private static bool IsProven(KillAttempt attempt, int processes) => IsProven(attempt) && attempt.Outcome.ProcessCount == processes;
}
