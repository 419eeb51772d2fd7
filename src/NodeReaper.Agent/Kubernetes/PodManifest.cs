using NodeReaper.Agent.Yaml;
using NodeReaper.Engine.Candidates;

namespace NodeReaper.Agent.Kubernetes;

/// <summary>Reads what the engine needs to know from the manifest of a Pod.</summary>
internal static class PodManifest
{
    private const string ConfigSource = "kubernetes.io/config.source";
    private const string ConfigHash = "kubernetes.io/config.hash";

    private static readonly YamlShape s_resources = YamlShape.Keys(("requests", Amounts()), ("limits", Amounts()));

    /// <summary>What is read of the manifest.</summary>
    internal static YamlShape Shape { get; } = YamlShape.Keys(
        ("kind", null),
        ("metadata", YamlShape.Keys(
            ("uid", null),
            ("namespace", null),
            ("name", null),
            ("annotations", YamlShape.KeysWhere(
                key => key is ConfigSource or ConfigHash || key.StartsWith(PodAnnotation.Prefix, StringComparison.Ordinal))))),
        ("spec", YamlShape.Keys(
            ("priority", null),
            ("priorityClassName", null),
            ("terminationGracePeriodSeconds", null),
            ("resources", s_resources),
            ("containers", YamlShape.Keys(("name", null), ("terminationMessagePolicy", null), ("resources", s_resources))),
            ("initContainers", YamlShape.Keys(("name", null), ("restartPolicy", null), ("terminationMessagePolicy", null), ("resources", s_resources))))),
        ("status", YamlShape.Keys(
            ("qosClass", null),
            ("containerStatuses", YamlShape.Keys(("name", null), ("containerID", null))),
            ("initContainerStatuses", YamlShape.Keys(("name", null), ("containerID", null))))));

    /// <summary>Reads one Pod.</summary>
    /// <param name="fields">The manifest.</param>
    /// <param name="findings">Takes what is wrong with it.</param>
    /// <returns>Null when it is useless; <paramref name="findings"/> has the reason.</returns>
    internal static PodFacts? Read(YamlMapping fields, ManifestFindings findings)
    {
        var isUsable = true;
        var who = $"Pod {NameOf(fields)}: ";
        var pod = new ManifestObject(fields, "", (line, message) =>
        {
            isUsable = false;
            findings.Refuse(line, who + message);
        });

        var metadata = pod.Object("metadata");
        var annotations = metadata?.Object("annotations");
        var uid = UidOf(pod, metadata, annotations);
        var name = Required(pod, metadata, "metadata.name", metadata?.Text("name"));
        var podNamespace = metadata?.Text("namespace") ?? "default";

        var spec = pod.Object("spec");
        var containers = spec is null ? [] : ManifestContainer.ReadAll(spec);
        if (isUsable && !containers.Exists(container => container.Kind == ContainerKind.App))
        {
            pod.Refuse(spec?.Line ?? pod.Line, "spec.containers is missing or empty");
        }

        var needs = spec is null ? ResourceNeeds.None : ResourceNeeds.Read(spec);
        var priority = spec?.Integer("priority") ?? 0;
        var priorityClass = spec?.Text("priorityClassName");
        var grace = spec?.WholeNumber("terminationGracePeriodSeconds");
        var status = pod.Object("status");
        var ids = ContainerIds(status);
        if (!isUsable || uid is null || name is null)
        {
            return null;
        }

        var said = new PodDescription(
            uid,
            podNamespace,
            name,
            QosClassOf(status, who, findings),
            priority,
            priorityClass,
            needs,
            containers,
            ids,
            annotations?.Fields.Entries.Select(entry => PodAnnotation.Of(entry)) ?? [])
        {
            TerminationGraceSeconds = grace,
        };
        return said.ToFacts(findings);
    }

    // The kubelet names the cgroup of a static Pod by the hash of its file, which the API server does not have as UID.
    private static string? UidOf(ManifestObject pod, ManifestObject? metadata, ManifestObject? annotations)
    {
        var isStatic = annotations?.Text(ConfigSource) is { } source && source != "api";
        var path = isStatic && annotations!.Text(ConfigHash) is not null ? $"metadata.annotations[{ConfigHash}]" : "metadata.uid";
        var uid = isStatic ? annotations!.Text(ConfigHash) ?? metadata?.Text("uid") : metadata?.Text("uid");
        if (uid is null)
        {
            pod.Refuse(
                metadata?.Line ?? pod.Line,
                "metadata.uid is missing, which is what the Pod's cgroup is found by; take the manifest from the cluster (kubectl get -o yaml)");
            return null;
        }

        if (!PodDescription.IsUid(uid))
        {
            pod.Refuse(metadata?.Line ?? pod.Line, $"{path} '{uid}' is not a UID");
            return null;
        }

        return uid;
    }

    private static string? Required(ManifestObject pod, ManifestObject? parent, string path, string? value)
    {
        if (value is null)
        {
            pod.Refuse(parent?.Line ?? pod.Line, $"{path} is missing");
        }

        return value;
    }

    private static Dictionary<string, string> ContainerIds(ManifestObject? status)
    {
        var ids = new Dictionary<string, string>(StringComparer.Ordinal);
        if (status is not null)
        {
            foreach (var container in status.Objects("containerStatuses").Concat(status.Objects("initContainerStatuses")))
            {
                if (container.Text("name") is { } name && container.Text("containerID") is { } id)
                {
                    ids.TryAdd(name, id);
                }
            }
        }

        return ids;
    }

    private static QosClass? QosClassOf(ManifestObject? status, string who, ManifestFindings findings)
    {
        switch (status?.Text("qosClass"))
        {
            case null:
                return null;
            case nameof(QosClass.BestEffort):
                return QosClass.BestEffort;
            case nameof(QosClass.Burstable):
                return QosClass.Burstable;
            case nameof(QosClass.Guaranteed):
                return QosClass.Guaranteed;
            case var other:
                findings.Warn(status.LineOf("qosClass"), $"{who}status.qosClass '{other}' is not known; it is computed instead");
                return null;
        }
    }

    // What to call it before it is known to be well-formed.
    private static string NameOf(YamlMapping fields)
    {
        var metadata = fields.Find("metadata") as YamlMapping;
        var name = (metadata?.Find("name") as YamlScalar)?.Text;
        var podNamespace = (metadata?.Find("namespace") as YamlScalar)?.Text;
        return ShownText.Of($"{podNamespace ?? "default"}/{name ?? "(no name)"}");
    }

    private static YamlShape Amounts() => YamlShape.KeysWhere(key =>
        key is ResourceAmounts.CpuKey or ResourceAmounts.MemoryKey || key.StartsWith(ResourceAmounts.HugePagesPrefix, StringComparison.Ordinal));
}
