namespace NodeReaper.Engine.Candidates;

/// <summary>Why a container cannot be a victim.</summary>
public enum Exclusion
{
    /// <summary>It can.</summary>
    None,

    /// <summary>Its Pod is protected: by namespace, PriorityClass or priority, or by a wish that the policy grants.</summary>
    Protected,

    /// <summary>It is the sandbox (pause) container that holds its Pod's namespaces.</summary>
    Sandbox,

    /// <summary>A system process runs in it (a shim, the kubelet, a runtime, PID 1).</summary>
    System,

    /// <summary>The agent itself runs in it.</summary>
    OwnPod,

    /// <summary>It is still being set up (runc init).</summary>
    Starting,

    /// <summary>It was killed a short while ago and is still there, undead.</summary>
    Quarantined,

    /// <summary>A kill would give nothing worth having back.</summary>
    NothingToFree,

    /// <summary>It is not in the slice that is short of memory: its death would not help there.</summary>
    Elsewhere,

    /// <summary>Its files could not be read: it is going away.</summary>
    Unreadable,

    /// <summary>A dry run has told of it in this shortage: in a live run it would be dead.</summary>
    ToldOf,
}
