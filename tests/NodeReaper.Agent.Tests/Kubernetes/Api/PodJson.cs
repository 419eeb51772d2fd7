using System.Text.Json.Nodes;

namespace NodeReaper.Agent.Tests.Kubernetes.Api;

/// <summary>Pods as the API server has them, with more fields than anybody reads.</summary>
internal static class PodJson
{
    internal const string Node = "node-1";

    internal static JsonObject Of(string name, string? uid = null, string node = Node, int priority = 0, string? annotations = null) => JsonNode.Parse($$"""
        {
          "metadata": {
            "name": "{{name}}", "namespace": "shop", "uid": "{{uid ?? $"uid-{name}"}}", "creationTimestamp": "2026-07-01T10:00:00Z",
            "labels": {"app": "{{name}}"}, "annotations": {{annotations ?? "null"}},
            "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "x", "uid": "y", "controller": true}],
            "managedFields": [{"manager": "kubelet", "operation": "Update", "fieldsV1": {"f:status": {} } }]
          },
          "spec": {
            "nodeName": "{{node}}", "priority": {{priority}}, "priorityClassName": "gold", "restartPolicy": "Always",
            "containers": [{"name": "app", "image": "a:1", "resources": {"requests": {"memory": "64Mi", "cpu": "100m"}, "limits": {"memory": "1Gi"} } }],
            "initContainers": [{"name": "migrate", "image": "a:1", "resources": {} }, {"name": "mesh", "restartPolicy": "Always", "resources": {} }]
          },
          "status": {
            "phase": "Running", "qosClass": "Burstable",
            "containerStatuses": [{"name": "app", "containerID": "containerd://c-{{name}}", "ready": true, "restartCount": 0, "image": "a:1", "imageID": ""}]
          }
        }
        """)!.AsObject();
}
