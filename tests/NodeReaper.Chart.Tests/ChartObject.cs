using k8s;
using k8s.Models;

namespace NodeReaper.Chart.Tests;

/// <summary>One rendered object.</summary>
/// <param name="Kind">Its kind, with group and version.</param>
/// <param name="Text">As YAML.</param>
/// <param name="Object">As the API knows it: a field that the API does not have is an error. Null for custom resources.</param>
internal sealed record ChartObject(string Kind, string Text, IKubernetesObject<V1ObjectMeta>? Object)
{
    private static readonly Dictionary<string, Func<string, IKubernetesObject<V1ObjectMeta>>> s_readers = new(StringComparer.Ordinal)
    {
        ["apps/v1 DaemonSet"] = Read<V1DaemonSet>,
        ["v1 ConfigMap"] = Read<V1ConfigMap>,
        ["v1 Pod"] = Read<V1Pod>,
        ["v1 ResourceQuota"] = Read<V1ResourceQuota>,
        ["v1 Service"] = Read<V1Service>,
        ["v1 ServiceAccount"] = Read<V1ServiceAccount>,
        ["v1 Namespace"] = Read<V1Namespace>,
        ["networking.k8s.io/v1 NetworkPolicy"] = Read<V1NetworkPolicy>,
        ["rbac.authorization.k8s.io/v1 ClusterRole"] = Read<V1ClusterRole>,
        ["rbac.authorization.k8s.io/v1 ClusterRoleBinding"] = Read<V1ClusterRoleBinding>,
    };

    // They are of the Prometheus Operator; the client has no model of them.
    private static readonly string[] s_custom =
        ["monitoring.coreos.com/v1 PodMonitor", "monitoring.coreos.com/v1 PrometheusRule", "monitoring.coreos.com/v1 ServiceMonitor"];

    internal static IEnumerable<ChartObject> All(string manifest) => manifest
        .Split("---\n")
        .Where(text => text.Split('\n').Any(line => line.Length > 0 && line[0] != '#'))
        .Select(Parse);

    internal static ChartObject Parse(string text)
    {
        var head = KubernetesYaml.Deserialize<Head>(text);
        var kind = $"{head.ApiVersion} {head.Kind}";
        return new ChartObject(kind, text, s_custom.Contains(kind) ? null : s_readers[kind](text));
    }

    private static T Read<T>(string text)
        where T : IKubernetesObject<V1ObjectMeta> => KubernetesYaml.Deserialize<T>(text, strict: true);

    private sealed class Head
    {
        public string? ApiVersion { get; set; }

        public string? Kind { get; set; }
    }
}
