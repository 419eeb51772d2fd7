namespace NodeReaper.Agent.Kubernetes.Api;

/// <summary>Where the agent learns of the node's Pods.</summary>
internal abstract record PodSourceChoice
{
    /// <summary>A folder of manifests.</summary>
    internal sealed record Folder(string Path) : PodSourceChoice;

    /// <summary>The API server.</summary>
    internal sealed record Api(string Node) : PodSourceChoice;

    /// <summary>The node's kubelet.</summary>
    internal sealed record Kubelet(ClusterAccess Access) : PodSourceChoice;
}
