using System.Text;
using NodeReaper.Agent.Kubernetes;
using NodeReaper.Engine.Killing;
using NodeReaper.Engine.Reporting;

namespace NodeReaper.Agent.Reporting;

/// <summary>
/// Writes why a container was killed where it could have said it itself: into its termination message, which the kubelet reads from a file of
/// the node, and kubectl describe shows under Last State. What the application wrote stays.
/// </summary>
/// <param name="kubeletRoot">The kubelet's folder.</param>
internal sealed class TerminationMessageSink(string kubeletRoot) : IReportSink
{
    // The kubelet reads 4 KiB, and 12 KiB of a whole Pod.
    private const int MaxBytes = 1024;

    /// <inheritdoc/>
    public string Name => "terminationMessage";

    /// <inheritdoc/>
    public void Write(ReapReport report)
    {
        // A container that lives on would say it at another end.
        if (report.Kind != ReportKind.Killed || report.Scope == KillScope.Process
            || report.Victim.Facts is not { Pod: { } pod, Container: { } container }
            || !PodDescription.IsUid(pod.Uid) || !PodDescription.IsContainerName(container.Name))
        {
            return;
        }

        var folder = Path.Combine(kubeletRoot, "pods", pod.Uid, "containers", container.Name);
        try
        {
            if (FileOf(folder, report.Time.UtcDateTime) is { Length: 0 } file)
            {
                using var stream = file.Open(FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
                if (stream.Length == 0)
                {
                    stream.Write(Encoding.UTF8.GetBytes(ShortText.Of("NodeReaper " + ReportSentence.Of(report, namesOthers: false), MaxBytes)));
                }
            }
        }
        catch (UnauthorizedAccessException error)
        {
            throw new IOException(error.Message, error);
        }
    }

    // The kubelet makes a file, with a random name, for each time that the container is started. What is younger than the kill is of the next
    // time; of the others, the youngest is the victim's. Nobody but the kubelet makes files here; a link would not be from it.
    private static FileInfo? FileOf(string folder, DateTime killed) => !Directory.Exists(folder)
        ? null
        : new DirectoryInfo(folder).EnumerateFiles()
            .Where(file => file.LinkTarget is null && file.LastWriteTimeUtc <= killed)
            .MaxBy(file => file.LastWriteTimeUtc);
}
