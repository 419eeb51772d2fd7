using NodeReaper.Engine.Candidates;

namespace NodeReaper.Agent.Kubernetes;

/// <summary>Reads a folder of manifests once, for a command.</summary>
internal static class PodFolder
{
    /// <summary>Reads it; what is wrong with it goes to standard error.</summary>
    /// <param name="directory">The folder.</param>
    /// <param name="command">Who says so.</param>
    internal static PodSnapshot Read(string directory, string command)
    {
        var reading = new PodManifestFolder(directory, TimeProvider.System).Read();
        foreach (var problem in reading.Problems.Where(problem => problem.Severity == PodProblemSeverity.Error))
        {
            Console.Error.WriteLine($"nodereaper {command}: --pods: {problem}");
        }

        return reading.Snapshot;
    }
}
