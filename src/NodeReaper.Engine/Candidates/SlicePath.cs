namespace NodeReaper.Engine.Candidates;

/// <summary>A cgroup above the Pods, or beside them.</summary>
/// <param name="Path">Its path below the cgroup root.</param>
/// <param name="Level">Root, Burstable or BestEffort; Other beside them.</param>
/// <param name="Id">The kernel's ID of it; 0 when not known.</param>
public readonly record struct SlicePath(string Path, KubepodsLevel Level, long Id);
