using System.Text;
using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Killing;
using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Verification;
using NodeReaper.Kernel.Cgroups;
using NodeReaper.Kernel.Processes;
using NodeReaper.Kernel.Procfs;
using NodeReaper.Kernel.Syscalls;

namespace NodeReaper.Agent.Kill;

/// <summary>One kill by hand, with the engine's own killer and verifier. Runs on the calling thread, which then holds the victim.</summary>
internal sealed class ManualKill : IDisposable
{
    private readonly CgroupProcesses _listed = new(32768);
    private readonly FileDescriptor _procRoot;
    private readonly ProcessFiles _proc;
    private readonly ProcessGuard _guard;
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
        _guard = new ProcessGuard(_proc) { Callers = Callers.Of(_proc) };
        _killer = new Killer(_proc, _guard, policy.Reapers, (uint)policy.ExpediteFlag);
        _verifier = new Verifier(_proc);
    }

    internal KillReport KillCgroup(string path, KillStrategy strategy, TimeSpan deadline)
    {
        var cgroup = CgroupDirectory.Open(path, out var error);
        if (!cgroup.IsOpen)
        {
            return KillReports.Failed(path, strategy, $"cannot open the cgroup {path}: {error}");
        }

        try
        {
            // Of what is open now: a link, or another directory of that name that comes later, says nothing of it.
            var real = File.ResolveLinkTarget($"/proc/self/fd/{cgroup.Descriptor.Number}", returnFinalTarget: false)?.FullName ?? path;
            return CgroupSurvey.DefectOf(cgroup, real) is { } defect ? KillReports.Failed(path, strategy, defect)
                : ObjectionTo(cgroup, real) is { } objection ? KillReports.Refused(path, strategy, objection)
                : Kill(path, TargetOf(real, cgroup), strategy, deadline);
        }
        finally
        {
            cgroup.Close();
        }
    }

    internal KillReport KillProcess(int processId, string cgroupRoot, KillStrategy strategy, TimeSpan deadline)
    {
        var name = $"pid {processId}";
        var opened = Pidfd.Open(processId);
        if (!opened.Succeeded)
        {
            return NotOpened(name, strategy, processId, opened.Error);
        }

        // All that is read of this ID from here on is of this process, as long as it lives: which the guard looks at once more.
        var process = new Pidfd(new FileDescriptor((int)opened.Value));
        var cgroups = ProcessCgroups.Of(_proc, processId);
        var isNodeCritical = _guard.IsNodeCritical(processId);
        var cgroup = OwnCgroup(processId, cgroups.Unified, cgroupRoot);
        _guard.Asked = process;
        try
        {
            return process.HasExited() ? Ended(name, strategy, processId, process)
                : cgroups.All.Select(path => _protected.Find(path, isNodeCritical)).FirstOrDefault(reason => reason is not null) is { } reason
                    ? KillReports.Refused(name, strategy, reason)
                : Kill(name, new KillTarget(cgroup, processId), strategy, deadline);
        }
        finally
        {
            _guard.Asked = Pidfd.None;
            cgroup.Close();
            process.Close();
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
        target.IsBelowPod = KubepodsPlace.Of(Path.GetDirectoryName(path) ?? "").Level == KubepodsLevel.Pod;
        return target;
    }

    private string? ObjectionTo(CgroupDirectory cgroup, string path)
    {
        if (CgroupSurvey.ObjectionTo(cgroup, path) is { } objection)
        {
            return objection;
        }

        var isNodeCritical = false;
        if (_listed.Read(cgroup).IsNone)
        {
            foreach (var processId in _listed.Ids)
            {
                isNodeCritical |= _guard.IsNodeCritical(processId);
            }
        }

        return _protected.Find(path, isNodeCritical);
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
        if (WhyNotKilled(name, strategy, outcome) is { } report)
        {
            return report;
        }

        var relief = _verifier.Verify(target, outcome, before, proof, deadline, _killer);
        report = KillReports.Of(name, outcome, relief, _killer);
        _killer.End();
        return report;
    }

    private KillReport? WhyNotKilled(string name, KillStrategy strategy, in KillOutcome outcome) => outcome switch
    {
        { Refusal: Refusal.Gone } => KillReports.Failed(name, strategy, RefusalText.Of(Refusal.Gone, outcome.RefusedProcessId, "")),
        { Refusal: Refusal.Unknown, SignalError.IsNone: false } => NotOpened(name, strategy, outcome.RefusedProcessId, outcome.SignalError),
        { Refusal: not Refusal.None } =>
            KillReports.Refused(name, strategy, RefusalText.Of(outcome.Refusal, outcome.RefusedProcessId, NameOf(outcome.RefusedProcessId))),
        { IsKilled: false, SignalError.IsGone: true } => KillReports.Failed(name, strategy, $"it was gone before the signal: {outcome.SignalError}"),
        { IsKilled: false } => KillReports.Failed(name, strategy, $"the kernel refused the signal: {outcome.SignalError}{FixOf(outcome.SignalError)}"),
        _ => null,
    };

    private static KillReport NotOpened(string name, KillStrategy strategy, int processId, Errno error) =>
        error == Errno.EINVAL || error == Errno.ENOENT
            ? KillReports.Failed(name, strategy, $"{processId} is a thread, or none that is left; name its process")
            : KillReports.Failed(name, strategy, error.IsGone
                ? RefusalText.Of(Refusal.Gone, processId, "")
                : $"the processes could not be opened: {error}{FixOf(error)}");

    // A zombie is not gone yet, but has nothing left.
    private static KillReport Ended(string name, KillStrategy strategy, int processId, Pidfd process) =>
        process.Probe().IsNone
            ? KillReports.Refused(name, strategy, RefusalText.Of(Refusal.NoAddressSpace, processId, ""))
            : KillReports.Failed(name, strategy, RefusalText.Of(Refusal.Gone, processId, ""));

    private static string FixOf(Errno error) =>
        error == Errno.EMFILE || error == Errno.ENFILE ? "; raise the limit of open files"
        : error == Errno.EPERM || error == Errno.EACCES ? "; run as root, with CAP_KILL"
        : error == Errno.ENOSYS ? "; Linux 5.3 or later is needed, and its pidfd calls allowed in seccomp"
        : "";

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

    private string NameOf(int processId)
    {
        Span<byte> name = stackalloc byte[64];
        var read = _proc.Name(processId, name);
        return read.Succeeded ? Encoding.UTF8.GetString(name[..(int)read.Value]) : "";
    }
}
