using System.Text;
using k8s.KubeConfigModels;
using NodeReaper.Agent.Yaml;

namespace NodeReaper.Agent.Kubernetes.Api;

/// <summary>The current context of a kubeconfig: what the client passes over in it, and what this agent does not do.</summary>
internal sealed class KubeconfigContext
{
    // Programs are started through System.Diagnostics.Process, which takes the children of this agent for its own (docs/adr/0003).
    private static readonly (string Key, string What)[] s_notOfUsers =
    [
        ("exec", "gets its credentials from a program (exec), which this agent never starts"),
        ("auth-provider", "gets its credentials from an auth-provider, which this agent does not have"),
        ("as", "acts as another (as), which this agent does not do"),
        ("as-uid", "acts as another (as-uid), which this agent does not do"),
        ("as-groups", "acts as another (as-groups), which this agent does not do"),
        ("as-user-extra", "acts as another (as-user-extra), which this agent does not do"),
        ("username", "has a username and a password, which API servers no longer take"),
        ("password", "has a username and a password, which API servers no longer take"),
    ];

    private const int MaxBytes = 4 << 20;
    private readonly string _path;
    private readonly string _userName;
    private readonly string _clusterName;
    private readonly YamlMapping? _user;
    private readonly YamlMapping? _cluster;

    private KubeconfigContext(string path, string userName, string clusterName, YamlMapping? user, YamlMapping? cluster)
    {
        _path = path;
        _userName = userName;
        _clusterName = clusterName;
        _user = user;
        _cluster = cluster;
    }

    /// <summary>The file with the token, which somebody renews; it comes before a token that stands there.</summary>
    internal string? TokenFile => PathIn(_user, "tokenFile");

    /// <summary>The file with the authorities, which somebody renews; those that stand there come before it.</summary>
    internal string? AuthorityFile => TextIn(_cluster, "certificate-authority-data") is null ? PathIn(_cluster, "certificate-authority") : null;

    /// <summary>Finds it.</summary>
    /// <param name="kubeconfig">The file, as the client understands it.</param>
    /// <param name="path">The file.</param>
    /// <exception cref="ClusterAccessException">It cannot be read.</exception>
    internal static KubeconfigContext Read(K8SConfiguration kubeconfig, string path)
    {
        var file = TextFile.Read(path, MaxBytes);
        if (file.Bytes is not { } bytes)
        {
            throw new ClusterAccessException($"{path} {file.Error?.Message}");
        }

        var context = kubeconfig.Contexts?.FirstOrDefault(each => each.Name == kubeconfig.CurrentContext)?.ContextDetails;
        var reader = new YamlTreeReader(new StringReader(Encoding.UTF8.GetString(bytes.Span)), YamlShape.Everything);
        var document = reader.TryRead(out var read) ? read as YamlMapping : null;
        return new KubeconfigContext(
            path,
            context?.User ?? "",
            context?.Cluster ?? "",
            Named(document, "users", context?.User, "user"),
            Named(document, "clusters", context?.Cluster, "cluster"));
    }

    /// <summary>Refuses what this agent does not do, by its name, rather than being somebody else than was meant.</summary>
    /// <exception cref="ClusterAccessException">There is such a thing.</exception>
    internal void Refuse()
    {
        foreach (var (key, what) in s_notOfUsers)
        {
            if (_user?.Find(key) is { IsNull: false } found)
            {
                throw new ClusterAccessException(
                    $"{_path}:{found.Position.Line}: user '{ShownText.Of(_userName)}' {what}; "
                    + "give a kubeconfig with a token or a client certificate (kubectl create token SERVICEACCOUNT), or run in the cluster");
            }
        }

        if (_cluster?.Find("proxy-url") is { IsNull: false } proxy)
        {
            throw new ClusterAccessException(
                $"{_path}:{proxy.Position.Line}: cluster '{ShownText.Of(_clusterName)}' is behind a proxy (proxy-url), which this agent does not ask: it would get the token; "
                + "give the API server's own address");
        }
    }

    private static YamlMapping? Named(YamlMapping? document, string list, string? name, string what) =>
        (document?.Find(list) as YamlList)?.Items.OfType<YamlMapping>().FirstOrDefault(each => TextIn(each, "name") == name)?.Find(what) as YamlMapping;

    private static string? TextIn(YamlMapping? mapping, string key) => mapping?.Find(key) is YamlScalar { IsNull: false, Text.Length: > 0 } scalar ? scalar.Text : null;

    // As kubectl has it: relative to the kubeconfig.
    private string? PathIn(YamlMapping? mapping, string key) =>
        TextIn(mapping, key) is { } given ? Path.Combine(Path.GetDirectoryName(Path.GetFullPath(_path))!, given) : null;
}
