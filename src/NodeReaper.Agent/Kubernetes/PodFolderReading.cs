using NodeReaper.Engine.Candidates;

namespace NodeReaper.Agent.Kubernetes;

/// <summary>What a folder of Pod manifests says at one moment.</summary>
/// <param name="Snapshot">Its Pods; the same object as before when nothing changed.</param>
/// <param name="Problems">All that is wrong at present, in the order of the files.</param>
/// <param name="IsSettled">False when a file was so new that it may still be being written: read again soon.</param>
internal sealed record PodFolderReading(PodSnapshot Snapshot, IReadOnlyList<PodFolderProblem> Problems, bool IsSettled);
