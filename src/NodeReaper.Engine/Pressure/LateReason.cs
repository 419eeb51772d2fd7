namespace NodeReaper.Engine.Pressure;

/// <summary>Why the kernel's OOM killer came first.</summary>
public enum LateReason
{
    /// <summary>No reading before it showed a shortage: it came too fast, or the thresholds are too low.</summary>
    NoShortageSeen,

    /// <summary>Tasks had waited for memory, but at limits of their own: no shortage of the place was seen.</summary>
    StallAtOwnLimits,

    /// <summary>A shortage was seen, and nobody may be killed.</summary>
    NobodyMayBeKilled,

    /// <summary>A dry run only tells.</summary>
    DryRun,

    /// <summary>The last victim had not given its memory back.</summary>
    WaitingForTheLastVictim,

    /// <summary>The policy's cap on kills was reached.</summary>
    Capped,

    /// <summary>A kill was under way.</summary>
    KillUnderWay,

    /// <summary>The agent itself did not get to look at the signals for a second or more beyond the policy's slowest sample.</summary>
    AgentHadNoTurn,

    /// <summary>Little was available, and swap was left that seemed to be of use.</summary>
    SwapLeft,
}
