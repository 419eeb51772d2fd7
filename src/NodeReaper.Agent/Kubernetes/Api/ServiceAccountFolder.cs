namespace NodeReaper.Agent.Kubernetes.Api;

/// <summary>What Kubernetes mounts into every Pod with a service account: a token and the cluster's authorities.</summary>
/// <param name="path">The folder.</param>
internal sealed class ServiceAccountFolder(string path)
{
    /// <summary>Where Kubernetes mounts it.</summary>
    internal static readonly ServiceAccountFolder Default = new("/var/run/secrets/kubernetes.io/serviceaccount");

    /// <summary>The token; the kubelet renews it.</summary>
    internal BearerToken Token => BearerToken.InFile(Path.Combine(path, "token"));

    /// <summary>The cluster's authorities.</summary>
    internal TrustedRoots Roots => TrustedRoots.InFile(Path.Combine(path, "ca.crt"));

    /// <summary>True when the agent runs in a Pod that may talk to the API server.</summary>
    internal bool IsThere => ServerAddress is not null && File.Exists(Path.Combine(path, "token"));

    private static string? ServerAddress
    {
        get
        {
            var host = Environment.GetEnvironmentVariable("KUBERNETES_SERVICE_HOST");
            var port = Environment.GetEnvironmentVariable("KUBERNETES_SERVICE_PORT");
            return string.IsNullOrEmpty(host) || string.IsNullOrEmpty(port) ? null : $"https://{(host.Contains(':') ? $"[{host}]" : host)}:{port}/";
        }
    }

    /// <summary>How the API server is reached from within the cluster.</summary>
    /// <exception cref="ClusterAccessException">This is not in a cluster.</exception>
    internal ClusterAccess ToAccess() =>
        Uri.TryCreate(ServerAddress, UriKind.Absolute, out var server)
            ? new ClusterAccess(server) { Token = Token, Roots = Roots }
            : throw new ClusterAccessException(
                "this is not in a cluster (KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set); give --kubeconfig FILE");
}
