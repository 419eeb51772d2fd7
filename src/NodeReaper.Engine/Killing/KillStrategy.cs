namespace NodeReaper.Engine.Killing;

/// <summary>How the signal and the reap follow each other. The best come first.</summary>
public enum KillStrategy
{
    /// <summary>The best that the kernel and the victim allow.</summary>
    Auto,

    /// <summary>The kernel's own kill-and-reap in one call (PROCESS_MRELEASE_REAP_KILL), where it exists.</summary>
    Atomic,

    /// <summary>A SIGKILL that the kernel expedites by itself, by the flag in <c>kill.expediteFlag</c>, where it exists.</summary>
    Expedite,

    /// <summary>Seize, kill, reap, let go: the victim keeps its mm until the reap has it.</summary>
    Hold,

    /// <summary>Kill, then process_mrelease: a race that the victim may win.</summary>
    Release,

    /// <summary>SIGKILL only; the victim frees its memory itself.</summary>
    Signal,
}
