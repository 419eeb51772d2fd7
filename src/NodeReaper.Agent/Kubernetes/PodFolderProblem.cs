namespace NodeReaper.Agent.Kubernetes;

/// <summary>How much a problem matters.</summary>
internal enum PodProblemSeverity
{
    /// <summary>Nothing is wrong; someone may expect more than this version does.</summary>
    Notice,

    /// <summary>A part of a manifest is ignored.</summary>
    Warning,

    /// <summary>A file's news is not taken; what was last good in it stays.</summary>
    Error,
}

/// <summary>Something about a Pod manifest that someone should know.</summary>
/// <param name="Severity">How much it matters.</param>
/// <param name="File">The file's name, or the folder's path when it is about the folder.</param>
/// <param name="Line">From 1; 0 when it is about the file as a whole.</param>
/// <param name="Message">What is wrong, and what is done about it.</param>
internal sealed record PodFolderProblem(PodProblemSeverity Severity, string File, int Line, string Message)
{
    /// <inheritdoc/>
    public override string ToString() => Line > 0 ? $"{File}:{Line}: {Message}" : $"{File}: {Message}";
}
