namespace NodeReaper.Agent.Commands;

/// <summary>
/// Defaults of options that a container's environment sets: <c>kubectl exec … nodereaper doctor</c> then looks at what the agent beside it looks
/// at. An option on the command line holds.
/// </summary>
internal static class EnvironmentDefaults
{
    internal const string CgroupRoot = "NODEREAPER_CGROUP_ROOT";
    internal const string Config = "NODEREAPER_CONFIG";
    internal const string Pods = "NODEREAPER_PODS";
    internal const string KubeletCa = "NODEREAPER_KUBELET_CA";
    internal const string KubeletSkipTlsVerify = "NODEREAPER_KUBELET_SKIP_TLS_VERIFY";

    /// <summary>Null when it is not set, or empty.</summary>
    internal static string? Of(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value ? value : null;
}
