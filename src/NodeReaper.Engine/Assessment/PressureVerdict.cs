namespace NodeReaper.Engine.Assessment;

/// <summary>Whether the node is short of memory, by which signal, and by how much.</summary>
/// <param name="Signal">The name of the signal, or of the stage, that said so first; null when the node is not short.</param>
/// <param name="DeficitBytes">How many bytes are missing; 0 when the node is not short.</param>
/// <param name="IsEmergency">
/// True when half of a threshold is left, in bytes or in time, and no swap: the kernel's OOM killer is near, and no pause is kept.
/// </param>
public readonly record struct PressureVerdict(string? Signal, long DeficitBytes, bool IsEmergency)
{
    /// <summary>True when the node is short of memory.</summary>
    public bool IsShort => Signal is not null;
}
