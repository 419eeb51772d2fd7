namespace NodeReaper.Engine.Reporting;

/// <summary>What a report is about.</summary>
public enum ReportKind
{
    /// <summary>A victim was killed.</summary>
    Killed,

    /// <summary>A victim would have been killed, but this is a dry run.</summary>
    DryRun,

    /// <summary>The node is short of memory, and there is nobody who may be killed.</summary>
    NoVictim,

    /// <summary>The victim that was chosen was refused, or gone, at the last look.</summary>
    Refused,

    /// <summary>A victim whose kill was incomplete is gone at last.</summary>
    Drained,

    /// <summary>The kernel's OOM killer came first.</summary>
    KernelOom,

    /// <summary>A stage: less is available than the policy wants to be told of.</summary>
    Observed,

    /// <summary>A stage: a container was reclaimed from.</summary>
    Reclaimed,

    /// <summary>A stage: a container that grows was slowed down.</summary>
    Throttled,

    /// <summary>A container that was slowed down has back what it had.</summary>
    Unthrottled,

    /// <summary>A stage: a container was asked to end.</summary>
    Terminated,

    /// <summary>A container stands still at its own limit.</summary>
    Livelocked,

    /// <summary>Tasks waited for memory at limits of their own, or while the kernel reclaimed ahead of them: nobody dies for that.</summary>
    Attributed,

    /// <summary>The node is short of memory, and the policy's cap on kills is reached.</summary>
    Capped,
}
