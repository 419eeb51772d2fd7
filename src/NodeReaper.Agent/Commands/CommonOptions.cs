using System.CommandLine;

namespace NodeReaper.Agent.Commands;

/// <summary>Options that several commands take.</summary>
internal static class CommonOptions
{
    internal static Option<string> CgroupRoot() => new("--cgroup-root")
    {
        Description = $"where cgroup v2 is mounted (default: ${EnvironmentDefaults.CgroupRoot}, else /sys/fs/cgroup)",
        HelpName = "DIR",
        DefaultValueFactory = _ => EnvironmentDefaults.Of(EnvironmentDefaults.CgroupRoot) ?? "/sys/fs/cgroup",
    };

    internal static Option<string> ProcRoot() => new("--proc-root")
    {
        Description = "where the node's proc file system is mounted",
        HelpName = "DIR",
        DefaultValueFactory = _ => "/proc",
    };

    internal static Option<string?> Config() => new("--config")
    {
        Description = $"the policy file (YAML); without it, the defaults hold (default: ${EnvironmentDefaults.Config})",
        HelpName = "FILE",
        DefaultValueFactory = _ => EnvironmentDefaults.Of(EnvironmentDefaults.Config),
    };

    internal static Option<string?> Kubeconfig() => new("--kubeconfig")
    {
        Description = "how to reach the API server, and as whom (default: as the Pod's service account)",
        HelpName = "FILE",
    };

    internal static Option<string?> PodsFolder()
    {
        var pods = new Option<string?>("--pods")
        {
            Description = $"a folder of Pod manifests (YAML); without it, only the cgroup paths tell of Pods (default: ${EnvironmentDefaults.Pods}, where that is a folder)",
            HelpName = "DIR",
            DefaultValueFactory = _ => EnvironmentDefaults.Of(EnvironmentDefaults.Pods) is { } value and not ("api" or "kubelet") ? value : null,
        };
        pods.Validators.Add(result =>
        {
            if (result.GetValue(pods) is { } value && !Directory.Exists(value))
            {
                result.AddError($"--pods: there is no folder {value}; create it, or give another");
            }
        });
        return pods;
    }

    internal static Option<string> Output()
    {
        var output = new Option<string>("--output", "-o") { Description = "text or json", DefaultValueFactory = _ => "text" };
        output.AcceptOnlyFromAmong("text", "json");
        return output;
    }

    /// <summary>True when the command line has the option, and not the environment alone.</summary>
    internal static bool IsGiven<T>(ParseResult parsed, Option<T> option) => parsed.GetResult(option) is { Implicit: false };
}
