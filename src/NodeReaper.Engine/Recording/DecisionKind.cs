namespace NodeReaper.Engine.Recording;

/// <summary>What a recorded decision was about.</summary>
public enum DecisionKind
{
    /// <summary>A place was short of memory.</summary>
    Shortage,

    /// <summary>The grace period of who was asked to end was over.</summary>
    GraceOver,

    /// <summary>A container stood still at its own limit.</summary>
    OwnLimit,

    /// <summary>The kernel's OOM killer came first; nothing was decided any more.</summary>
    KernelOom,
}
