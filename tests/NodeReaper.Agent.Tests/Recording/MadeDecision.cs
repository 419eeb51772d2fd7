namespace NodeReaper.Agent.Tests.Recording;

/// <summary>Every way in which a decision comes about, with facts of its own in the record.</summary>
public enum MadeDecision
{
    /// <summary>The node is short, and the first dies.</summary>
    Shortage,

    /// <summary>A part of what is missing is on its way back.</summary>
    PendingBytes,

    /// <summary>The first was asked to end and has time: the next dies.</summary>
    Graced,

    /// <summary>The grace period of the first is over.</summary>
    GraceOver,

    /// <summary>The cap on kills is reached.</summary>
    Capped,

    /// <summary>All are protected.</summary>
    NoVictim,

    /// <summary>The first was told of in a dry run, and the next is.</summary>
    ToldOf,

    /// <summary>A slice is short, and the first of the node is elsewhere.</summary>
    Slice,

    /// <summary>A container stands still at its own limit.</summary>
    OwnLimit,

    /// <summary>The kernel came first.</summary>
    KernelOom,

    /// <summary>It came first at a slice's limit, and that slice has enough again.</summary>
    KernelOomInSlice,
}
