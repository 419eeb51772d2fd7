using NodeReaper.Kernel.Cgroups;
using NodeReaper.Kernel.Processes;
using NodeReaper.Kernel.Procfs;
using NodeReaper.Kernel.Syscalls;

namespace NodeReaper.Engine.Killing;

/// <summary>
/// Refuses processes that must never be killed. It looks at each process by itself, whatever made it a candidate,
/// and reads only files that take no reference to the process's memory.
/// </summary>
public sealed class ProcessGuard
{
    private const int NameLength = 64;
    private const int EntriesLength = 1024;

    // A pause process and runc's init use a few MiB. What uses more only borrowed the name, to hide.
    internal const long BorrowedNameFromBytes = 64L << 20;

    // The kubelet gives the sandbox and the shim -998, and no app container less than -997 (pkg/kubelet/qos/policy.go).
    private const int SandboxScoreAdjustment = -998;
    private const int NodeCriticalScoreAdjustment = -997;

    private static readonly byte[][] s_systemNames =
    [
        "kubelet"u8.ToArray(), "containerd"u8.ToArray(), "dockerd"u8.ToArray(), "cri-dockerd"u8.ToArray(), "crio"u8.ToArray(),
        "conmon"u8.ToArray(), "conmonrs"u8.ToArray(), "systemd"u8.ToArray(), "init"u8.ToArray(),
        "k3s-server"u8.ToArray(), "k3s-agent"u8.ToArray(), "rke2"u8.ToArray(), "k0s"u8.ToArray(), "kubelite"u8.ToArray(),
    ];

    private readonly ProcessFiles _proc;
    private readonly bool _sparesAgents;
    private readonly int _self = Environment.ProcessId;
    private readonly long _ownPidNamespace;

    /// <summary>Makes a guard.</summary>
    /// <param name="proc">The proc file system.</param>
    /// <param name="sparesAgents">False for the self-test alone, whose victims are this program started once more.</param>
    public ProcessGuard(ProcessFiles proc, bool sparesAgents = true)
    {
        _proc = proc;
        _sparesAgents = sparesAgents;
        var own = proc.InodeOf(_self, "/ns/pid\0"u8);
        _ownPidNamespace = own.Succeeded ? own.Value : 0;
    }

    /// <summary>Those on whose behalf this program runs, such as the shell it was started from.</summary>
    public int[] Callers { get; init; } = [];

    /// <summary>
    /// The process that was asked for, open since before anything else was read of it. Once it has exited its ID may be another's, and everybody
    /// is refused as gone.
    /// </summary>
    public Pidfd Asked { get; set; } = Pidfd.None;

    /// <summary>Looks at one process. Allocates nothing.</summary>
    /// <param name="processId">The process.</param>
    /// <param name="freeableBytes">What its container, or itself, would give back, in bytes.</param>
    public Refusal Check(int processId, long freeableBytes)
    {
        var refusal = CheckOneOfMany(processId, freeableBytes);
        if (refusal != Refusal.None)
        {
            return refusal;
        }

        // A sandbox may have any name: it is "pod" on some distributions. A tenant with CAP_SYS_RESOURCE can give itself this score, too.
        var adjustment = _proc.OomScoreAdjustment(processId);
        if (freeableBytes < BorrowedNameFromBytes && adjustment.Succeeded && adjustment.Value <= SandboxScoreAdjustment)
        {
            return Refusal.Sandbox;
        }

        return !_proc.HasExecutable(processId) && !HasOtherLiveThread(processId)
            ? Refusal.NoAddressSpace
            : Refusal.None;
    }

    /// <summary>
    /// Looks at what can be told at little cost, for one of very many: no sandbox has that many processes. Allocates nothing.
    /// </summary>
    /// <param name="processId">The process.</param>
    /// <param name="freeableBytes">What its container would give back, in bytes.</param>
    public Refusal CheckOneOfMany(int processId, long freeableBytes)
    {
        if (processId == 1)
        {
            return Refusal.Init;
        }

        if (processId == _self || Callers.AsSpan().Contains(processId))
        {
            return Refusal.Self;
        }

        if (Asked.IsOpen && Asked.HasExited())
        {
            return Refusal.Gone;
        }

        Span<byte> buffer = stackalloc byte[NameLength];
        var read = _proc.Name(processId, buffer);
        if (!read.Succeeded)
        {
            return read.Error.IsGone ? Refusal.Gone : Refusal.Unknown;
        }

        // What a tenant can make of itself by a name must not make it immune once it is large.
        var name = buffer[..(int)read.Value];
        if (freeableBytes < BorrowedNameFromBytes)
        {
            if (name.SequenceEqual("pause"u8))
            {
                return Refusal.Sandbox;
            }

            if (name.StartsWith("runc:["u8))
            {
                return Refusal.Starting;
            }
        }

        // A Pod may run its own containerd, in its own PID namespace: that one is the tenant's.
        return (IsSystemName(name) || (_sparesAgents && name.SequenceEqual("nodereaper"u8))) && IsInOwnPidNamespace(processId) ? Refusal.SystemProcess : Refusal.None;
    }

    /// <summary>
    /// True when a process has the OOM score that the kubelet gives to Guaranteed Pods and, of the others, to
    /// those of system-node-critical alone.
    /// </summary>
    /// <param name="processId">The process.</param>
    public bool IsNodeCritical(int processId)
    {
        var adjustment = _proc.OomScoreAdjustment(processId);
        return adjustment.Succeeded && adjustment.Value <= NodeCriticalScoreAdjustment;
    }

    // The first thread, by which a process is named, may have ended while others live.
    private bool HasOtherLiveThread(int processId)
    {
        var opened = _proc.OpenThreads(processId);
        if (!opened.Succeeded)
        {
            return false;
        }

        Span<byte> entries = stackalloc byte[EntriesLength];
        Span<byte> path = stackalloc byte[NameLength];
        var directory = new FileDescriptor((int)opened.Value);
        var threads = new ChildDirectories(directory, entries);
        var found = false;
        while (!found && threads.MoveNext())
        {
            threads.Name.CopyTo(path);
            "/exe\0"u8.CopyTo(path[threads.Name.Length..]);
            found = !directory.ReadLinkAt(path).IsGone;
        }

        directory.Close();
        return found;
    }

    private static bool IsSystemName(ReadOnlySpan<byte> name)
    {
        if (name.StartsWith("containerd-shim"u8))
        {
            return true;
        }

        foreach (var systemName in s_systemNames)
        {
            if (name.SequenceEqual(systemName))
            {
                return true;
            }
        }

        return false;
    }

    private bool IsInOwnPidNamespace(int processId)
    {
        var found = _proc.InodeOf(processId, "/ns/pid\0"u8);
        return !found.Succeeded || _ownPidNamespace == 0 || found.Value == _ownPidNamespace;
    }
}
