using System.Security.Cryptography;
using System.Text;
using NodeReaper.Agent.Kubernetes.Api;
using NodeReaper.Agent.Reporting;
using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Reporting;

namespace NodeReaper.Agent.Kubernetes.Events;

/// <summary>Makes Events of reports: for the Pod's owner on the Pod, for the administrator on the Node. What a Pod's owner reads names no other Pod.</summary>
/// <param name="queue">Takes them.</param>
/// <param name="node">The node's name; null when it is not known, and nothing can be said about it.</param>
internal sealed class EventSink(EventQueue queue, string? node) : IReportSink
{
    private const string Kill = "Kill";
    private const string Decide = "Decide";
    private readonly ObjectReference? _node = node is null ? null : ObjectReference.OfNode(node);

    /// <inheritdoc/>
    public string Name => EventSender.Name;

    /// <inheritdoc/>
    public void Write(ReapReport report)
    {
        switch (report.Kind)
        {
            case ReportKind.Killed:
                OnPod(report, report.Relief.IsFreed ? "Reaped" : "ReapIncomplete", Kill, isWarning: true);
                OnNode(report, "MemoryReaped", Kill);
                break;
            case ReportKind.DryRun:
                OnPod(report, "ReapDryRun", Decide, isWarning: false);
                break;
            case ReportKind.KernelOom:
                OnNode(report, "KernelOomBeatReaper", "Observe");
                break;
            case ReportKind.NoVictim or ReportKind.Capped:
                OnNode(report, "ReaperDegraded", Decide, report.Kind.ToString());
                break;
            default:
                // The log and the incident file tell the rest.
                break;
        }
    }

    /// <summary>Tells a Pod's owner what is wrong with its annotations.</summary>
    internal void Tell(PodProblem problem)
    {
        if (problem.IsOfOwner)
        {
            queue.Add(new ClusterEvent(
                "InvalidAnnotation",
                "ReadAnnotations",
                IsWarning: true,
                ObjectReference.OfPod(problem.Namespace, problem.Name, problem.Uid),
                _node,
                problem.Message,
                DateTimeOffset.UtcNow)
            {
                IsOfTenant = true,

                // One for each thing that is wrong.
                Detail = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(problem.Message)).AsSpan(0, 8)),
            });
        }
    }

    private void OnPod(ReapReport report, string reason, string action, bool isWarning)
    {
        if (PodOf(report) is { } pod)
        {
            queue.Add(new ClusterEvent(reason, action, isWarning, pod, _node, ReportSentence.Of(report, namesOthers: false), report.Time));
        }
    }

    private void OnNode(ReapReport report, string reason, string action, string? detail = null)
    {
        if (_node is not null)
        {
            queue.Add(new ClusterEvent(reason, action, IsWarning: true, _node, PodOf(report), ReportSentence.Of(report), report.Time)
            {
                Detail = detail,
            });
        }
    }

    private static ObjectReference? PodOf(ReapReport report) =>
        report.HasVictim && report.Victim.Facts.Pod is { } pod
            ? ObjectReference.OfPod(pod.Namespace, pod.Name, pod.Uid, FieldPathOf(report.Victim.Facts.Container))
            : null;

    // As the kubelet writes it.
    private static string? FieldPathOf(ContainerFacts? container) =>
        container is null ? null : $"spec.{(container.IsSidecar ? "initContainers" : "containers")}{{{container.Name}}}";
}
