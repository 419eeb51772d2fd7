using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Killing;
using NodeReaper.Engine.Verification;
using NodeReaper.Kernel.Cgroups;
using NodeReaper.Kernel.Processes;
using NodeReaper.Kernel.Syscalls;

namespace NodeReaper.AllocationGate.Kills;

/// <summary>Kills that go wrong on any kernel.</summary>
internal static class ErrorCases
{
    private const int StartMilliseconds = 20_000;
    private static readonly TimeSpan s_short = TimeSpan.FromMilliseconds(60);

    internal static IEnumerable<GateCase> All(KillRig rig)
    {
        yield return new("refused: gone before (ESRCH)", () => Refused(rig, Gone(rig), Refusal.Gone));
        yield return new("refused: this program", () => Refused(rig, Environment.ProcessId, Refusal.Self));
        yield return new("refused: PID 1", () => Refused(rig, 1, Refusal.Init));
        yield return new("refused: a sandbox among others", () => Sandbox(rig));
        yield return new("refused: a process of another PID namespace", () => Foreign(rig));
        yield return new("refused: an empty cgroup", () => new KillAttempt(rig, KillStrategy.Hold) { IsAsExpected = Is(Refusal.Gone) });
        yield return new("refused: a cgroup that was removed", () => Removed(rig));
        yield return new("no descriptor left for a process (EMFILE)", () => NothingCanBeOpened(rig, isCgroup: false));
        yield return new("no descriptor left for a cgroup (EMFILE)", () => NothingCanBeOpened(rig, isCgroup: true));
        yield return new("descriptors for some of the processes (EMFILE)", () => FewCanBeOpened(rig));
        yield return new("traced by another (EPERM), who keeps it from dying", () => TracedByAnother(rig));
        yield return new("who shares its memory dies along", () => SharedMemory(rig));
        yield return new("its memory is shared by one outside, that lives (EINVAL)", () => SharedOutside(rig));
        yield return new("CPU limits are lifted and given back", () => new LiftedLimits(rig));
        yield return new("the deadline of the release is over at once", () => NoTime(rig));
        yield return new("the deadline of the proof is over", () => NeverProven(rig));
        yield return new("proven by a cgroup that is gone", () => ProvenByAbsence(rig));
    }

    private static Func<KillAttempt, bool> Is(Refusal refusal) =>
        attempt => attempt.Outcome.Refusal == refusal && !attempt.Outcome.IsKilled;

    private static KillAttempt Refused(KillRig rig, int processId, Refusal refusal) =>
        new(rig, KillStrategy.Hold) { Target = new KillTarget(CgroupDirectory.None, processId), IsAsExpected = Is(refusal) };

    private static int Gone(KillRig rig)
    {
        using var cgroup = rig.MakeCgroup();
        return cgroup.Start("");
    }

    private static KillAttempt Sandbox(KillRig rig)
    {
        var attempt = new KillAttempt(rig, KillStrategy.Hold) { IsAsExpected = Is(Refusal.Sandbox) };
        _ = attempt.Cgroup.Start("--procs 3");
        _ = attempt.Cgroup.Start("--comm pause");
        return attempt;
    }

    private static KillAttempt Foreign(KillRig rig)
    {
        var attempt = new KillAttempt(rig, KillStrategy.Hold) { IsAsExpected = Is(Refusal.ForeignProcesses) };
        attempt.Target = attempt.Cgroup.As([], ("cgroup.procs", "0\n"));
        return attempt;
    }

    private static KillAttempt Removed(KillRig rig)
    {
        var attempt = new KillAttempt(rig, KillStrategy.Hold) { IsAsExpected = Is(Refusal.Gone) };
        attempt.Cgroup.Remove();
        return attempt;
    }

    private static KillAttempt NothingCanBeOpened(KillRig rig, bool isCgroup)
    {
        var attempt = new KillAttempt(rig, KillStrategy.Hold)
        {
            IsAsExpected = attempt => attempt.Outcome.Refusal != Refusal.None && !attempt.Outcome.IsKilled,
        };
        var victim = attempt.Cgroup.Start("--procs 3");
        if (!isCgroup)
        {
            attempt.Target = new KillTarget(CgroupDirectory.None, victim);
        }

        _ = attempt.Own(new OpenFilesLimit(0));
        return attempt;
    }

    private static KillAttempt FewCanBeOpened(KillRig rig)
    {
        var attempt = new KillAttempt(rig, KillStrategy.Hold)
        {
            IsAsExpected = attempt =>
                attempt.Outcome.IsKilled && attempt.Relief.IsDead && attempt.Outcome.ProcessCount == 200 && attempt.Processes.Length < 100,
        };
        _ = attempt.Cgroup.Start("--procs 199");

        // What the last kill left open is closed by the next one, even if that refuses.
        _ = rig.Kill(new KillTarget(CgroupDirectory.None, Environment.ProcessId), KillStrategy.Hold, s_short);
        _ = attempt.Own(new OpenFilesLimit(100));
        return attempt;
    }

    private static KillAttempt TracedByAnother(KillRig rig)
    {
        var attempt = new KillAttempt(rig, KillStrategy.Hold)
        {
            Deadline = s_short,
            IsAsExpected = attempt => attempt.Outcome is { IsKilled: true, HeldCount: 0 }
                && attempt.Processes[0].HoldError == Errno.EPERM && !attempt.Relief.IsDead,
        };
        var victim = attempt.Cgroup.Start("--mib 8");
        attempt.Target = new KillTarget(CgroupDirectory.None, victim);
        var tracer = attempt.Own(ChildProcess.Start(Place.Of("call"), $"seize={victim}", "stay=1"));
        return tracer.WaitForLine("seize OK\n"u8, StartMilliseconds) ? attempt : throw new IOException("the victim could not be traced");
    }

    private static KillAttempt SharedMemory(KillRig rig)
    {
        var attempt = new KillAttempt(rig, KillStrategy.Hold)
        {
            IsAsExpected = attempt => attempt is { Outcome.IsKilled: true, Relief.IsFreed: true, Processes.Length: 2 },
        };
        attempt.Target = new KillTarget(CgroupDirectory.None, attempt.Cgroup.Start("--mib 8 --vfork-share"));
        return attempt;
    }

    private static KillAttempt SharedOutside(KillRig rig)
    {
        var attempt = new KillAttempt(rig, KillStrategy.Hold)
        {
            Deadline = s_short,
            IsAsExpected = attempt => attempt is { Outcome: { IsKilled: true, SharerProcessId: > 0 }, Relief.IsFreed: false }
                && attempt.Processes[0].ReleaseError == Errno.EINVAL,
        };
        var victim = attempt.Cgroup.Start("--mib 8 --vfork-share");
        var elsewhere = attempt.Own(rig.MakeCgroup());
        foreach (var line in File.ReadLines(Path.Combine(attempt.Cgroup.Path, "cgroup.procs")).ToList())
        {
            if (line != $"{victim}")
            {
                File.WriteAllText(Path.Combine(elsewhere.Path, "cgroup.procs"), line);
            }
        }

        return attempt;
    }

    private static KillAttempt NoTime(KillRig rig)
    {
        var attempt = new KillAttempt(rig, KillStrategy.Hold)
        {
            Deadline = TimeSpan.Zero,
            IsAsExpected = attempt => attempt.Outcome.IsKilled,
        };
        _ = attempt.Cgroup.Start("--mib 64 --procs 4");
        return attempt;
    }

    private static KillAttempt NeverProven(KillRig rig)
    {
        var attempt = new KillAttempt(rig, KillStrategy.Hold)
        {
            Deadline = s_short,
            Before = MemoryUse.OfResident(64 << 20),
            Proof = ReliefProof.Cgroup,
            IsAsExpected = attempt => attempt.Relief is { IsDead: true, IsFreed: false, Proof: ReliefProof.Cgroup },
        };
        attempt.Target = attempt.Cgroup.As(["cgroup.procs", "cgroup.events", "cgroup.kill"], FakeMemory.Files(64 << 20));
        _ = attempt.Cgroup.Start("--mib 8");
        return attempt;
    }

    private static KillAttempt ProvenByAbsence(KillRig rig)
    {
        var attempt = new KillAttempt(rig, KillStrategy.Hold)
        {
            Proof = ReliefProof.Cgroup,
            IsAsExpected = attempt => attempt.Relief is { IsDead: true, IsFreed: true, Proof: ReliefProof.CgroupGone },
        };

        // Nothing of it can be read, as of one that the runtime has removed.
        attempt.Target = attempt.Cgroup.As(["cgroup.procs", "cgroup.kill"]);
        _ = attempt.Cgroup.Start("--mib 8 --procs 3");
        return attempt;
    }
}
