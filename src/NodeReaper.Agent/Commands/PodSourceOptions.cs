using System.CommandLine;
using NodeReaper.Agent.Kubernetes.Api;

namespace NodeReaper.Agent.Commands;

/// <summary>The options that say where Pods come from, and how that is reached.</summary>
internal sealed class PodSourceOptions
{
    private const string KubeletPort = "10250";

    private readonly Option<string?> _pods = new("--pods")
    {
        Description = "where Pods are known from: api (the API server), kubelet, or a folder of Pod manifests (YAML), read again whenever it changes; "
            + $"default: ${EnvironmentDefaults.Pods}, else api in a cluster, else only the cgroup paths tell of Pods",
        HelpName = "api|kubelet|DIR",
        DefaultValueFactory = _ => EnvironmentDefaults.Of(EnvironmentDefaults.Pods),
    };

    private readonly Option<string?> _kubeconfig = CommonOptions.Kubeconfig();

    private readonly Option<string?> _kubelet = new("--kubelet")
    {
        Description = "the kubelet's address, such as http://127.0.0.1:10255 for its read-only port (default: https://$NODE_IP:10250)",
        HelpName = "URL",
    };

    private readonly Option<string?> _kubeletCa = new("--kubelet-ca")
    {
        Description = $"who the kubelet's certificate must come from (default: ${EnvironmentDefaults.KubeletCa}, else the cluster's authorities)",
        HelpName = "FILE",
        DefaultValueFactory = _ => EnvironmentDefaults.Of(EnvironmentDefaults.KubeletCa),
    };

    private readonly Option<bool> _kubeletSkipTlsVerify = new("--kubelet-skip-tls-verify")
    {
        Description = "take any certificate for the kubelet's; whoever listens at its address then gets the agent's token "
            + $"(also: ${EnvironmentDefaults.KubeletSkipTlsVerify}=true)",
        DefaultValueFactory = _ => EnvironmentDefaults.Of(EnvironmentDefaults.KubeletSkipTlsVerify) == "true",
    };

    internal PodSourceOptions() => _pods.Validators.Add(result =>
    {
        if (result.GetValue(_pods) is { } value and not ("api" or "kubelet") && !Directory.Exists(value))
        {
            result.AddError($"--pods: there is no folder {value}; create it, or give another, or api, or kubelet");
        }
    });

    /// <summary>Adds the options to a command.</summary>
    internal void AddTo(Command command)
    {
        command.Options.Add(_pods);
        command.Options.Add(_kubeconfig);
        command.Options.Add(_kubelet);
        command.Options.Add(_kubeletCa);
        command.Options.Add(_kubeletSkipTlsVerify);
    }

    /// <summary>Finds out where Pods come from.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="node">The node's name; null when it is not known.</param>
    /// <returns>Null for nowhere.</returns>
    /// <exception cref="ClusterAccessException">What was chosen cannot be reached, for want of something.</exception>
    internal PodSourceChoice? Choose(ParseResult parsed, string? node) => parsed.GetValue(_pods) switch
    {
        "api" => OfNode(node),
        "kubelet" => new PodSourceChoice.Kubelet(Kubelet(parsed)),
        { } folder => new PodSourceChoice.Folder(folder),
        null => HasApi(parsed) ? OfNode(node) : null,
    };

    /// <summary>Finds out how the API server is reached.</summary>
    /// <param name="parsed">The command line.</param>
    /// <returns>Null when the agent is not in a cluster, and was given no other.</returns>
    /// <exception cref="ClusterAccessException">It cannot be reached, for want of something.</exception>
    internal ClusterAccess? ChooseApi(ParseResult parsed) =>
        HasApi(parsed) || parsed.GetValue(_pods) == "api"
            ? Api(parsed.GetValue(_kubeconfig))
            : null;

    /// <summary>How the API server is reached.</summary>
    /// <param name="kubeconfig">The kubeconfig; null for the Pod's service account.</param>
    /// <exception cref="ClusterAccessException">It cannot be reached, for want of something.</exception>
    internal static ClusterAccess Api(string? kubeconfig) => kubeconfig is null ? ServiceAccountFolder.Default.ToAccess() : KubeconfigFile.Load(kubeconfig);

    private bool HasApi(ParseResult parsed) => parsed.GetValue(_kubeconfig) is not null || ServiceAccountFolder.Default.IsThere;

    private static PodSourceChoice.Api OfNode(string? node) => string.IsNullOrEmpty(node)
        ? throw new ClusterAccessException(
            "which of the cluster's Pods are this node's? give --node NAME, or set NODE_NAME (in a Pod: fieldRef spec.nodeName); or give --pods DIR")
        : new PodSourceChoice.Api(node);

    private ClusterAccess Kubelet(ParseResult parsed)
    {
        var nodeAddress = Environment.GetEnvironmentVariable("NODE_IP");
        var url = parsed.GetValue(_kubelet)
            ?? (string.IsNullOrEmpty(nodeAddress) ? null : $"https://{(nodeAddress.Contains(':') ? $"[{nodeAddress}]" : nodeAddress)}:{KubeletPort}");
        if (!Uri.TryCreate(url, UriKind.Absolute, out var server) || server.Scheme is not ("https" or "http"))
        {
            throw new ClusterAccessException(
                $"where is the kubelet? give --kubelet https://ADDRESS:{KubeletPort}, or set NODE_IP (in a Pod: fieldRef status.hostIP)");
        }

        // Nothing secret goes over plain HTTP: the read-only port asks for nothing.
        if (server.Scheme == "http")
        {
            return new ClusterAccess(server);
        }

        var access = parsed.GetValue(_kubeconfig) is { } file
            ? KubeconfigFile.Load(file)
            : new ClusterAccess(server) { Token = ServiceAccountFolder.Default.Token, Roots = ServiceAccountFolder.Default.Roots };
        return access with
        {
            Server = server,
            TlsServerName = null,
            Roots = parsed.GetValue(_kubeletCa) is { } authorities ? TrustedRoots.InFile(authorities) : access.Roots,
            SkipTlsVerify = parsed.GetValue(_kubeletSkipTlsVerify),
        };
    }
}
