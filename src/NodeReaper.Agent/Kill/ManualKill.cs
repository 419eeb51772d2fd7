using System.Diagnostics;
using System.Text;
using NodeReaper.Agent.Reporting;
using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Killing;
using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Verification;
using NodeReaper.Kernel.Cgroups;
using NodeReaper.Kernel.Procfs;
using NodeReaper.Kernel.Syscalls;

namespace NodeReaper.Agent.Kill;

/// <summary>One kill by hand, with the engine's own killer and verifier. Runs on the calling thread, which then holds the victim.</summary>
internal sealed class ManualKill : IDisposable
{
    private readonly CgroupProcesses _listed = new(32768);
    private readonly FileDescriptor _procRoot;
    private readonly ProcessFiles _proc;
    private readonly Killer _killer;
    private readonly Verifier _verifier;
    private readonly ProtectedPods _protected;

    internal ManualKill(KillPolicy policy, ProtectedPods protectedPods)
    {
        _protected = protectedPods;
        _procRoot = FileDescriptor.OpenDirectory("/proc", out var error);
        if (!_procRoot.IsOpen)
        {
            throw new IOException($"cannot open /proc: {error}");
        }

        _proc = new ProcessFiles(_procRoot);
        _killer = new Killer(_proc, new ProcessGuard(_proc), policy.Reapers, (uint)policy.ExpediteFlag);
        _verifier = new Verifier(_proc);
    }

    internal KillReport KillCgroup(string path, KillStrategy strategy, TimeSpan deadline)
    {
        var cgroup = CgroupDirectory.Open(path, out var error);
        if (!cgroup.IsOpen)
        {
            return Failed(path, strategy, $"cannot open the cgroup {path}: {error}");
        }

        try
        {
            if (!cgroup.ReadFile("cgroup.procs\0"u8, new byte[1 << 20]).Succeeded)
            {
                return Failed(path, strategy, $"{path} is no cgroup: it has no readable cgroup.procs");
            }

            if (IsMoreThanAContainer(path, cgroup))
            {
                return Refused(path, strategy, RefusalText.Of(Refusal.NotOneContainer, 0, ""));
            }

            return _protected.Find(Path.GetFullPath(path)) is { } pod
                ? Refused(path, strategy, $"its Pod {pod} is protected")
                : Kill(path, TargetOf(path, cgroup), strategy, deadline);
        }
        finally
        {
            cgroup.Close();
        }
    }

    internal KillReport KillProcess(int processId, string cgroupRoot, KillStrategy strategy, TimeSpan deadline)
    {
        var name = $"pid {processId}";
        var paths = CgroupPathsOf(processId);
        if (paths.Select(entry => _protected.Find(entry.Path)).FirstOrDefault(found => found is not null) is { } pod)
        {
            return Refused(name, strategy, $"its Pod {pod} is protected");
        }

        // Of the hierarchies, 0 is cgroup v2's (cgroups(7)).
        var path = paths.FirstOrDefault(entry => entry.Hierarchy == "0").Path;
        var cgroup = OwnCgroup(processId, path, cgroupRoot);
        try
        {
            return Kill(name, new KillTarget(cgroup, processId), strategy, deadline);
        }
        finally
        {
            cgroup.Close();
        }
    }

    public void Dispose()
    {
        _killer.Dispose();
        _procRoot.Close();
    }

    private static KillTarget TargetOf(string path, CgroupDirectory cgroup)
    {
        var target = KillTarget.Of(cgroup);
        var parent = Path.GetFileName(Path.GetDirectoryName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)))) ?? "";
        target.IsBelowPod = KubepodsName.Classify(Encoding.UTF8.GetBytes(parent), out _) == KubepodsLevel.Pod;
        return target;
    }

    private KillReport Kill(string name, KillTarget target, KillStrategy strategy, TimeSpan deadline)
    {
        var proof = ReliefProof.Cgroup;
        var before = default(MemoryUse);
        if (target.Cgroups.IsEmpty || !new MemoryUseReader().Read(target.Cgroups[0], out before).IsNone)
        {
            proof = ReliefProof.Process;
            before = ResidentOf(target);
        }

        var outcome = _killer.Kill(target, strategy, before.Freeable, deadline);
        if (outcome.Refusal == Refusal.Gone)
        {
            return Failed(name, strategy, RefusalText.Of(outcome.Refusal, outcome.RefusedProcessId, ""));
        }

        if (outcome.Refusal == Refusal.Unknown && !outcome.SignalError.IsNone)
        {
            return Failed(name, strategy, $"the processes could not be opened: {outcome.SignalError}{FixOf(outcome.SignalError)}");
        }

        if (outcome.Refusal != Refusal.None)
        {
            return Refused(name, strategy, RefusalText.Of(outcome.Refusal, outcome.RefusedProcessId, NameOf(outcome.RefusedProcessId)));
        }

        if (!outcome.IsKilled)
        {
            return Failed(name, strategy, $"the kernel refused the signal: {outcome.SignalError}; root or CAP_KILL is needed");
        }

        var relief = _verifier.Verify(target, outcome, before, proof, deadline, _killer);
        var report = Report(name, outcome, relief);
        _killer.End();
        return report;
    }

    private static string FixOf(Errno error) =>
        error == Errno.EMFILE || error == Errno.ENFILE ? "; raise the limit of open files"
        : error == Errno.EPERM || error == Errno.EACCES ? "; run as root"
        : error == Errno.ENOSYS ? "; Linux 5.3 or later is needed, and pidfd_open allowed in seccomp"
        : "";

    private KillReport Report(string name, in KillOutcome outcome, in ReliefResult relief)
    {
        var decidedAt = outcome.DecidedAt;
        var processes = new List<KillReportProcess>();
        foreach (ref readonly var process in _killer.Processes)
        {
            processes.Add(Describe(process, outcome, decidedAt));
        }

        return new KillReport
        {
            Target = name,
            Strategy = CamelCase.Of(outcome.Strategy),
            Outcome = relief is { IsFreed: true, IsDead: true } ? "freed" : "incomplete",
            Reason = WhatIsMissing(outcome, relief),
            Proof = CamelCase.Of(relief.Proof),
            BytesBefore = relief.Before.Current + relief.Before.Swap,
            BytesFreed = relief.FreedBytes,
            BytesLeft = new KillReportBytes
            {
                Anon = relief.Left.Anon,
                Shmem = relief.Left.Shmem,
                File = relief.Left.File,
                Kernel = relief.Left.Kernel,
                Swap = relief.Left.Swap,
                Unevictable = relief.Left.Unevictable,
                Hugetlb = relief.HugetlbLeft,
            },
            SignalMicroseconds = Microseconds(decidedAt, outcome.SignalledAt),
            ReleasedMicroseconds = Microseconds(decidedAt, outcome.ReleasedAt),
            FreedMicroseconds = Microseconds(decidedAt, relief.FreedAt),
            DeadMicroseconds = Microseconds(decidedAt, relief.DeadAt),
            ProcessCount = outcome.ProcessCount,
            SharerPid = outcome.SharerProcessId == 0 ? null : outcome.SharerProcessId,
            Errors = _killer.Errors.All().ToDictionary(
                error => $"{CamelCase.Of(error.Call)}.{error.Error}", error => error.Count, StringComparer.Ordinal),
            Processes = processes,
        };
    }

    private static KillReportProcess Describe(in VictimProcess process, in KillOutcome outcome, long decidedAt)
    {
        var steps = StrategySteps.Of(outcome.Strategy);
        return new KillReportProcess
        {
            Pid = process.ProcessId,
            Name = process.Name,
            Held = process.HeldThread != 0,
            Hold = steps.Holds ? process.HoldError.Name : null,
            Signal = process.SignalError.Name,
            Release = steps.Releases ? process.ReleaseError.Name : null,
            Attempts = process.ReleaseAttempts,
            DeadMicroseconds = Microseconds(decidedAt, process.DeadAt),
        };
    }

    private static string? WhatIsMissing(in KillOutcome outcome, in ReliefResult relief) => relief switch
    {
        { IsFreed: false } when outcome.SharerProcessId != 0 =>
            $"process {outcome.SharerProcessId}, which is not to be killed, shares the address space and keeps it",
        { IsFreed: true, IsDead: true } => null,
        { IsFreed: true } => "the memory is back, but not every process was dead by the deadline",
        { IsDead: true } => "every process is dead, but not all of the memory was back by the deadline",
        _ => "neither the death nor the memory was proven by the deadline",
    };

    private (string Hierarchy, string Path)[] CgroupPathsOf(int processId)
    {
        var buffer = new byte[8192];
        var read = _proc.Read(processId, "/cgroup\0"u8, buffer);
        return read.Succeeded
            ? [.. Encoding.UTF8.GetString(buffer, 0, (int)read.Value)
                .Split('\n')
                .Select(line => line.Split(':', 3))
                .Where(parts => parts.Length == 3)
                .Select(parts => (parts[0], parts[2]))]
            : [];
    }

    // A process's cgroup proves what the process gives back only if the process is alone in it.
    private CgroupDirectory OwnCgroup(int processId, string? path, string cgroupRoot)
    {
        if (path is null or "/")
        {
            return CgroupDirectory.None;
        }

        var cgroup = CgroupDirectory.Open(Path.Combine(cgroupRoot, path[1..]), out _);
        if (cgroup.IsOpen && _listed.Read(cgroup).IsNone && _listed.Ids is [var only] && only == processId)
        {
            return cgroup;
        }

        cgroup.Close();
        return CgroupDirectory.None;
    }

    private MemoryUse ResidentOf(in KillTarget target)
    {
        long pages = 0;
        if (!target.IsCgroup)
        {
            var statm = _proc.Statm(target.ProcessId);
            pages = statm.Succeeded ? statm.Value : 0;
        }
        else if (_listed.Read(target.Cgroups).IsNone)
        {
            foreach (var processId in _listed.Ids)
            {
                var statm = _proc.Statm(processId);
                pages += statm.Succeeded ? statm.Value : 0;
            }
        }

        return MemoryUse.OfResident(pages * Environment.SystemPageSize);
    }

    private static bool IsMoreThanAContainer(string path, CgroupDirectory cgroup)
    {
        // Every cgroup but the root has cgroup.type.
        var isRoot = cgroup.ReadFile("cgroup.type\0"u8, new byte[64]).Error == Errno.ENOENT;
        var name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(path)));
        return isRoot || KubepodsName.Classify(Encoding.UTF8.GetBytes(name), out _) != KubepodsLevel.Other;
    }

    private string NameOf(int processId)
    {
        Span<byte> name = stackalloc byte[64];
        var read = _proc.Name(processId, name);
        return read.Succeeded ? Encoding.UTF8.GetString(name[..(int)read.Value]) : "";
    }

    private static KillReport Failed(string name, KillStrategy strategy, string reason) =>
        new() { Target = name, Strategy = CamelCase.Of(strategy), Outcome = "failed", Reason = reason };

    private static KillReport Refused(string name, KillStrategy strategy, string reason) =>
        new() { Target = name, Strategy = CamelCase.Of(strategy), Outcome = "refused", Reason = reason };

    private static double? Microseconds(long from, long to) =>
        to == 0 ? null : Math.Round((to - from) * 1e6 / Stopwatch.Frequency, 1);
}
