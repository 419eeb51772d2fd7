using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Killing;
using NodeReaper.Kernel.Cgroups;
using NodeReaper.Kernel.Processes;
using NodeReaper.Kernel.Procfs;
using NodeReaper.Kernel.Syscalls;

namespace NodeReaper.Engine.Stages;

/// <summary>
/// Asks a container to end as a container runtime does: SIGTERM to its main process alone, which is the oldest one whose parent
/// (the shim) is outside.
/// </summary>
public sealed class MainProcess
{
    private const int LookedAt = 256;

    private readonly CgroupProcesses _processes = new(LookedAt);
    private readonly ProcessFiles _proc;
    private readonly ContainerRoles _roles;
    private readonly KillErrors _errors;

    /// <summary>Makes one.</summary>
    /// <param name="proc">The proc file system.</param>
    /// <param name="roles">What tells sandboxes and system processes.</param>
    /// <param name="errors">Counts errors.</param>
    public MainProcess(ProcessFiles proc, ContainerRoles roles, KillErrors errors)
    {
        _proc = proc;
        _roles = roles;
        _errors = errors;
    }

    /// <summary>Sends SIGTERM, if what is in the cgroup may die. Allocates nothing.</summary>
    /// <param name="cgroup">The container's cgroup.</param>
    /// <param name="freeableBytes">What a kill of it would give back, in bytes.</param>
    /// <returns>ESRCH: nothing runs in it; EPERM: not an app container, or not allowed.</returns>
    public Errno Terminate(CgroupDirectory cgroup, long freeableBytes)
    {
        if (_roles.Tell(cgroup, freeableBytes, out _) != ContainerRole.App)
        {
            return Errno.EPERM;
        }

        var processId = Find(cgroup);
        var opened = processId > 0 ? Pidfd.Open(processId) : SyscallResult.Failed(Errno.ESRCH);
        if (!opened.Succeeded)
        {
            return _errors.Note(KillCall.Terminate, opened.Error);
        }

        // Opened, and still a member: it is no other process of the same ID.
        var pidfd = new Pidfd(new FileDescriptor((int)opened.Value));
        var error = _processes.Read(cgroup).IsNone && _processes.Ids.BinarySearch(processId) >= 0 ? pidfd.Terminate() : Errno.ESRCH;
        pidfd.Descriptor.Close();
        return _errors.Note(KillCall.Terminate, error);
    }

    // IDs rise, but for the time when they begin anew; then it is another process of the container that has no parent in it.
    private int Find(CgroupDirectory cgroup)
    {
        if (!_processes.Read(cgroup).IsNone)
        {
            return 0;
        }

        foreach (var processId in _processes.Ids)
        {
            var parent = _proc.Parent(processId);
            if (parent.Succeeded && _processes.Ids.BinarySearch((int)parent.Value) < 0)
            {
                return processId;
            }
        }

        return 0;
    }
}
