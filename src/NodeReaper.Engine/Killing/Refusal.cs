namespace NodeReaper.Engine.Killing;

/// <summary>Why a process or a cgroup must not be killed.</summary>
public enum Refusal
{
    /// <summary>It may be.</summary>
    None,

    /// <summary>It is gone already.</summary>
    Gone,

    /// <summary>It is PID 1.</summary>
    Init,

    /// <summary>It is this program, or what this program was started from.</summary>
    Self,

    /// <summary>It has no address space: a kernel thread or a zombie.</summary>
    NoAddressSpace,

    /// <summary>It is the kubelet, a container runtime, a shim, an init system or another agent.</summary>
    SystemProcess,

    /// <summary>It is a sandbox (pause) process, which holds its Pod's namespaces, or has the OOM score of one (-998 or less).</summary>
    Sandbox,

    /// <summary>It is a container that the runtime is still setting up.</summary>
    Starting,

    /// <summary>It left the victim's cgroup.</summary>
    LeftCgroup,

    /// <summary>The cgroup is the root, a kubepods tree, a QoS class or a Pod, which hold more than one container.</summary>
    NotOneContainer,

    /// <summary>Its Pod is protected.</summary>
    Protected,

    /// <summary>Processes of another PID namespace are in it, so it cannot be told what they are.</summary>
    ForeignProcesses,

    /// <summary>The process could not be looked at: not allowed, or an error.</summary>
    Unknown,
}
