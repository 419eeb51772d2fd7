using NodeReaper.Agent.Options;

namespace NodeReaper.Agent.Doctor;

/// <summary>Can the agent write where the policy says? What is tried is a file that is gone again at once.</summary>
internal static class FolderChecks
{
    /// <param name="options">The policy file's.</param>
    /// <param name="talksToCluster">True when there is an API server, so that Events are sent and Pods evicted.</param>
    internal static IEnumerable<DoctorCheck> All(AgentOptions options, bool talksToCluster)
    {
        if (options.Policy.Report.IncidentFile is { } incidents)
        {
            yield return Folder("incident file", FolderOf(incidents), "no incident would be written there", "report.incidentFile");
        }

        if (options.Policy.Record.Directory is { } records)
        {
            yield return Folder("records", records, "no incident would be recorded", "record.directory");
        }

        if (talksToCluster && options.Events is { Send: true, Folder: { } events })
        {
            yield return Folder("events folder", events, "Events that wait would not survive the agent", "events.folder");
        }

        if (talksToCluster && options.AfterKill is { Evict: true, History: { } } or { EvictAfter: > 0, History: { } })
        {
            yield return Folder(
                "history of kills", FolderOf(options.AfterKill.History!), "kills and evictions would be forgotten when the agent ends", "afterKill.history");
        }

        if (options.Kubelet is { TerminationMessages: true, Root: { } root })
        {
            yield return Kubelet(Path.Combine(root, "pods"));
        }
    }

    private static DoctorCheck Folder(string name, string folder, string consequence, string key) => Problem(folder) is { } problem
        ? DoctorCheck.Warning(name, $"{folder}: {problem}: {consequence}", Fix(key))
        : DoctorCheck.Ok(name, $"{folder} can be written");

    private static string Fix(string key) => $"mount a writable folder there, or set {key} to one";

    private static string FolderOf(string file) => Path.GetDirectoryName(Path.GetFullPath(file))!;

    // Nothing is made in the kubelet's folder; but a file in which a container says why it ended can be opened for writing, and left alone.
    private static DoctorCheck Kubelet(string pods)
    {
        const string Name = "kubelet folder";
        const string Consequence = "no container's termination message would say why it was killed";
        try
        {
            if (!Directory.Exists(pods))
            {
                return DoctorCheck.Warning(
                    Name, $"{pods} is not there: {Consequence}", "mount the kubelet's --root-dir (chart: hostPaths.kubelet), or set kubelet.terminationMessages to false");
            }

            if (Directory.EnumerateDirectories(pods)
                    .Select(pod => Path.Combine(pod, "containers"))
                    .Where(Directory.Exists)
                    .SelectMany(Directory.EnumerateDirectories)
                    .SelectMany(Directory.EnumerateFiles)
                    .FirstOrDefault(file => File.ResolveLinkTarget(file, returnFinalTarget: false) is null) is { } message)
            {
                using var file = File.OpenHandle(message, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
            }

            return DoctorCheck.Ok(Name, $"{pods} is there");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return DoctorCheck.Warning(Name, $"{error.Message.TrimEnd('.')}: {Consequence}", "mount the kubelet's folder read-write, as root");
        }
    }

    // The agent makes what is missing of it.
    private static string? Problem(string folder)
    {
        var there = Path.GetFullPath(folder);
        while (!Directory.Exists(there) && Path.GetDirectoryName(there) is { } above)
        {
            if (File.Exists(there))
            {
                return $"{there} is a file";
            }

            there = above;
        }

        try
        {
            using var file = new FileStream(
                Path.Combine(there, $".nodereaper-doctor-{Environment.ProcessId}"), FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
            return null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return error is UnauthorizedAccessException ? "may not be written" : error.Message.TrimEnd('.');
        }
    }
}
