namespace NodeReaper.Agent.Commands;

/// <summary>The exit statuses that are promised to scripts.</summary>
internal static class ExitCode
{
    /// <summary>Done; for kill: dead, and the memory proven back.</summary>
    internal const int Success = 0;

    /// <summary>It failed.</summary>
    internal const int Failed = 1;

    /// <summary>The arguments or the configuration are wrong.</summary>
    internal const int BadArguments = 2;

    /// <summary>For kill: dead or reaped, but not all came back by the deadline.</summary>
    internal const int Incomplete = 3;

    /// <summary>For kill: refused.</summary>
    internal const int Refused = 4;

    /// <summary>For replay: a decision, or a verdict, came out differently.</summary>
    internal const int Different = 5;

    /// <summary>For replay: the end of the record is missing; what is in front of it came out the same.</summary>
    internal const int Torn = 6;
}
