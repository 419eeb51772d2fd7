using System.Text;
using Microsoft.Win32.SafeHandles;
using NodeReaper.Agent.Kubernetes;
using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Killing;
using NodeReaper.Engine.Reporting;
using NodeReaper.Kernel.Syscalls;

namespace NodeReaper.Agent.Reporting;

/// <summary>
/// Writes why a container was killed where it could have said it itself: into its termination message, which the kubelet reads from a file of
/// the node, and kubectl describe shows under Last State. What the application wrote stays, and so does the end of its log, where the Pod wants that to
/// be the message.
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
            || report.Victim.Facts.Pod is not { } pod || !PodDescription.IsUid(pod.Uid))
        {
            return;
        }

        var said = Encoding.UTF8.GetBytes(ShortText.Of("NodeReaper " + ReportSentence.Of(report, namesOthers: false), MaxBytes));
        try
        {
            Write(pod, report.Victim.Facts.Container, report.Time.UtcDateTime, said);
            foreach (var container in report.AlsoKilled)
            {
                Write(pod, container, report.Time.UtcDateTime, said);
            }
        }
        catch (UnauthorizedAccessException error)
        {
            throw new IOException(error.Message, error);
        }
    }

    private void Write(PodFacts pod, ContainerFacts? container, DateTime killed, byte[] said)
    {
        if (container is not { FallsBackToLog: false } || !PodDescription.IsContainerName(container.Name)
            || FileOf(Path.Combine(kubeletRoot, "pods", pod.Uid, "containers", container.Name), killed) is not { Length: 0 } file)
        {
            return;
        }

        var descriptor = FileDescriptor.OpenWriteNoFollow(file.FullName, out var error);
        if (!descriptor.IsOpen)
        {
            // It is gone, or a link by now.
            if (error == Errno.ENOENT || error == Errno.ELOOP)
            {
                return;
            }

            throw new IOException($"{file.FullName}: {error}");
        }

        using var stream = new FileStream(new SafeFileHandle(descriptor.Number, ownsHandle: true), FileAccess.Write, bufferSize: 0);
        if (stream.Length == 0)
        {
            stream.Write(said);
        }
    }

    // The kubelet makes a file, with a random name, for each time that the container is started. What is younger than the kill is of the next
    // time; of the others, the youngest is the victim's. A single one is the victim's even so: the clock was set back. Nobody but the kubelet makes
    // files here; a link would not be from it.
    private static FileInfo? FileOf(string folder, DateTime killed)
    {
        if (!Directory.Exists(folder))
        {
            return null;
        }

        var files = new DirectoryInfo(folder).EnumerateFiles().Where(file => file.LinkTarget is null).ToList();
        return files is [var only] ? only : files.Where(file => file.LastWriteTimeUtc <= killed).MaxBy(file => file.LastWriteTimeUtc);
    }
}
