using NodeReaper.Agent.Commands;
using NodeReaper.Agent.Options;
using NodeReaper.Agent.Yaml;
using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Killing;

namespace NodeReaper.Agent.Kubernetes;

/// <summary>What the annotations of a Pod ask of this agent.</summary>
internal sealed class PodAnnotations
{
    /// <summary>So many of a Pod's annotations are read: as many containers as one may well have, and some more.</summary>
    internal const int MaxCount = 64;

    private const string KillPriorityName = "kill-priority";
    private const string ContainerPrefix = KillPriorityName + ".";
    private const string KillScopeName = "kill-scope";
    private const string GracePeriodName = "grace-period";
    private const string AfterKillName = "after-kill";
    private static readonly TimeSpan s_longestGrace = TimeSpan.FromMinutes(10);
    private static readonly string[] s_known = [KillPriorityName, KillScopeName, GracePeriodName, AfterKillName];

    private readonly Dictionary<string, KillPriority> _byContainer = new(StringComparer.Ordinal);

    /// <summary>What is asked for the Pod as a whole.</summary>
    internal KillPriority Pod { get; private set; }

    /// <summary>How much of the Pod is to die.</summary>
    internal KillScope Scope { get; private set; }

    /// <summary>How long it wants to have between SIGTERM and the kill; zero for no time.</summary>
    internal TimeSpan GracePeriod { get; private set; }

    /// <summary>What is to become of the Pod after a kill.</summary>
    internal AfterKill AfterKill { get; private set; }

    /// <summary>What is asked for one of its containers: its own annotation comes before the Pod's.</summary>
    internal KillPriority Of(string container) => _byContainer.TryGetValue(container, out var priority) ? priority : Pod;

    /// <summary>Reads the annotations. What is wrong with one is reported, and that one ignored.</summary>
    /// <param name="annotations">The annotations; those of others are passed over.</param>
    /// <param name="containers">The Pod's containers.</param>
    /// <param name="pod">What to call the Pod.</param>
    /// <param name="findings">Takes the reports.</param>
    internal static PodAnnotations Read(
        IEnumerable<PodAnnotation> annotations, IReadOnlyList<ManifestContainer> containers, string pod, ManifestFindings findings)
    {
        var read = new PodAnnotations();
        var count = 0;
        foreach (var annotation in annotations.Where(each => each.Name.StartsWith(PodAnnotation.Prefix, StringComparison.Ordinal)))
        {
            if (++count > MaxCount)
            {
                findings.Warn(annotation.Line, $"Pod {pod}: has more than {MaxCount} annotations of this agent; the rest are ignored");
                break;
            }

            read.Read(annotation, containers, pod, findings);
        }

        return read;
    }

    private void Read(in PodAnnotation annotation, IReadOnlyList<ManifestContainer> containers, string pod, ManifestFindings findings)
    {
        var line = annotation.Line;
        var name = annotation.Name[PodAnnotation.Prefix.Length..];
        var shown = ShownText.Of(annotation.Name);
        if (name == AfterKillName)
        {
            ReadAfterKill(annotation, shown, pod, findings);
            return;
        }

        if (name == KillScopeName)
        {
            ReadScope(annotation, shown, pod, findings);
            return;
        }

        if (name == GracePeriodName)
        {
            ReadGracePeriod(annotation, shown, pod, findings);
            return;
        }

        var container = name.StartsWith(ContainerPrefix, StringComparison.Ordinal) ? name[ContainerPrefix.Length..] : null;
        if (container is null && name != KillPriorityName)
        {
            var meant = NearMiss.Of(name, s_known);
            findings.Warn(
                line, $"Pod {pod}: annotation {shown} is not known and ignored{(meant is null ? "" : $"; did you mean {PodAnnotation.Prefix}{meant}?")}");
        }
        else if (container is not null && !containers.Any(known => known.Name == container && known.Kind != ContainerKind.Init))
        {
            findings.Warn(line, $"Pod {pod}: annotation {shown} is ignored: the Pod has no app container of that name");
        }
        else if (annotation.Text is not { } text || !KillPriority.TryParse(text, out var priority))
        {
            findings.Warn(
                line,
                $"Pod {pod}: annotation {shown} is ignored: {annotation.Noun} is not a kill priority; "
                + $"give a whole number from {KillPriority.Min} to {KillPriority.Max}, or never");
        }
        else if (container is null)
        {
            Pod = priority;
        }
        else
        {
            _byContainer[container] = priority;
        }
    }

    private void ReadScope(in PodAnnotation annotation, string shown, string pod, ManifestFindings findings)
    {
        KillScope? scope = annotation.Text switch
        {
            "container" => KillScope.Container,
            "process" => KillScope.Process,
            "pod" => KillScope.Pod,
            _ => null,
        };
        if (scope is null)
        {
            findings.Warn(
                annotation.Line,
                $"Pod {pod}: annotation {shown} is ignored: {annotation.Noun} is not a kill scope; give process, container or pod");
        }

        Scope = scope ?? KillScope.Container;
    }

    private void ReadAfterKill(in PodAnnotation annotation, string shown, string pod, ManifestFindings findings)
    {
        AfterKill? afterKill = annotation.Text switch
        {
            "restart" => AfterKill.Restart,
            "evict" => AfterKill.Evict,
            _ => null,
        };
        if (afterKill is null)
        {
            findings.Warn(annotation.Line, $"Pod {pod}: annotation {shown} is ignored: {annotation.Noun} is neither restart nor evict");
        }

        AfterKill = afterKill ?? AfterKill.Restart;
    }

    private void ReadGracePeriod(in PodAnnotation annotation, string shown, string pod, ManifestFindings findings)
    {
        if (annotation.Text is { } text && DurationOption.TryParse(text, out var grace) && grace <= s_longestGrace)
        {
            GracePeriod = grace;
            return;
        }

        findings.Warn(
            annotation.Line,
            $"Pod {pod}: annotation {shown} is ignored: {annotation.Noun} is not a grace period; give a duration of at most 10m, such as 30s");
    }
}
