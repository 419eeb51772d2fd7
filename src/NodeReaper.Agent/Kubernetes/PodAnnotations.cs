using NodeReaper.Agent.Commands;
using NodeReaper.Agent.Options;
using NodeReaper.Agent.Yaml;
using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Killing;

namespace NodeReaper.Agent.Kubernetes;

/// <summary>What the annotations of a Pod ask of this agent.</summary>
internal sealed class PodAnnotations
{
    /// <summary>What the name of every annotation of this agent starts with.</summary>
    internal const string Prefix = "nodereaper.io/";

    private const string KillPriorityName = "kill-priority";
    private const string ContainerPrefix = KillPriorityName + ".";
    private const string KillScopeName = "kill-scope";
    private const string GracePeriodName = "grace-period";
    private static readonly TimeSpan s_longestGrace = TimeSpan.FromMinutes(10);
    private static readonly string[] s_notYet = ["after-kill"];
    private static readonly string[] s_known = [KillPriorityName, KillScopeName, GracePeriodName, .. s_notYet];

    private readonly Dictionary<string, KillPriority> _byContainer = new(StringComparer.Ordinal);

    /// <summary>What is asked for the Pod as a whole.</summary>
    internal KillPriority Pod { get; private set; }

    /// <summary>How much of the Pod is to die.</summary>
    internal KillScope Scope { get; private set; }

    /// <summary>How long it wants to have between SIGTERM and the kill; zero for no time.</summary>
    internal TimeSpan GracePeriod { get; private set; }

    /// <summary>What is asked for one of its containers: its own annotation comes before the Pod's.</summary>
    internal KillPriority Of(string container) => _byContainer.TryGetValue(container, out var priority) ? priority : Pod;

    /// <summary>Reads the annotations. What is wrong with one is reported, and that one ignored.</summary>
    /// <param name="annotations">The annotations; null when there are none.</param>
    /// <param name="containers">The Pod's containers.</param>
    /// <param name="pod">What to call the Pod.</param>
    /// <param name="findings">Takes the reports.</param>
    internal static PodAnnotations Read(
        ManifestObject? annotations, IReadOnlyList<ManifestContainer> containers, string pod, ManifestFindings findings)
    {
        var read = new PodAnnotations();
        foreach (var entry in annotations?.Fields.Entries ?? [])
        {
            if (entry.Key.StartsWith(Prefix, StringComparison.Ordinal))
            {
                read.Read(entry, containers, pod, findings);
            }
        }

        return read;
    }

    private void Read(in YamlEntry entry, IReadOnlyList<ManifestContainer> containers, string pod, ManifestFindings findings)
    {
        var line = entry.KeyPosition.Line;
        var name = entry.Key[Prefix.Length..];
        var shown = ShownText.Of(entry.Key);
        if (s_notYet.Contains(name))
        {
            findings.NotYet(line, entry.Key, pod);
            return;
        }

        if (name == KillScopeName)
        {
            ReadScope(entry, shown, pod, findings);
            return;
        }

        if (name == GracePeriodName)
        {
            ReadGracePeriod(entry, shown, pod, findings);
            return;
        }

        var container = name.StartsWith(ContainerPrefix, StringComparison.Ordinal) ? name[ContainerPrefix.Length..] : null;
        if (container is null && name != KillPriorityName)
        {
            var meant = NearMiss.Of(name, s_known);
            findings.Warn(
                line, $"Pod {pod}: annotation {shown} is not known and ignored{(meant is null ? "" : $"; did you mean {Prefix}{meant}?")}");
        }
        else if (container is not null && !containers.Any(known => known.Name == container && known.Kind != ContainerKind.Init))
        {
            findings.Warn(line, $"Pod {pod}: annotation {shown} is ignored: the Pod has no app container of that name");
        }
        else if (entry.Value is not YamlScalar scalar || !KillPriority.TryParse(scalar.Text, out var priority))
        {
            findings.Warn(
                line,
                $"Pod {pod}: annotation {shown} is ignored: {entry.Value.Noun} is not a kill priority; "
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

    private void ReadScope(in YamlEntry entry, string shown, string pod, ManifestFindings findings)
    {
        KillScope? scope = (entry.Value as YamlScalar)?.Text switch
        {
            "container" => KillScope.Container,
            "process" => KillScope.Process,
            "pod" => KillScope.Pod,
            _ => null,
        };
        if (scope is null)
        {
            findings.Warn(
                entry.KeyPosition.Line,
                $"Pod {pod}: annotation {shown} is ignored: {entry.Value.Noun} is not a kill scope; give process, container or pod");
        }

        Scope = scope ?? KillScope.Container;
    }

    private void ReadGracePeriod(in YamlEntry entry, string shown, string pod, ManifestFindings findings)
    {
        if (entry.Value is YamlScalar scalar && DurationOption.TryParse(scalar.Text, out var grace) && grace <= s_longestGrace)
        {
            GracePeriod = grace;
            return;
        }

        findings.Warn(
            entry.KeyPosition.Line,
            $"Pod {pod}: annotation {shown} is ignored: {entry.Value.Noun} is not a grace period; give a duration of at most 10m, such as 30s");
    }
}
