using NodeReaper.Engine.Killing;

namespace NodeReaper.Agent.Kill;

/// <summary>Says why something must not be killed, in a sentence.</summary>
internal static class RefusalText
{
    internal static string Of(Refusal refusal, int processId, string processName)
    {
        var who = processId > 0 ? $"process {processId}{(processName.Length > 0 ? $" ({processName})" : "")}" : "it";
        return refusal switch
        {
            Refusal.Gone => $"{who} is gone already",
            Refusal.Init => $"{who} is PID 1",
            Refusal.Self when processId > 0 && processId != Environment.ProcessId => $"{who} started this program: it is the shell, or what the shell runs in",
            Refusal.Self => $"{who} is this program",
            Refusal.NoAddressSpace => $"{who} has no address space: it is a kernel thread or a zombie",
            Refusal.SystemProcess => $"{who} belongs to the node: the kubelet, a container runtime, a shim, an init system or the running agent",
            Refusal.Sandbox => $"{who} is a sandbox (pause) process, which holds its Pod's namespaces, or has an oom_score_adj of -998 or less, as those of the node have",
            Refusal.Starting => $"{who} is a container that the runtime is still setting up",
            Refusal.LeftCgroup => $"{who} has left the cgroup",
            Refusal.NotOneContainer => "the cgroup is the root, a kubepods tree, a QoS class or a Pod; name one container's cgroup",
            Refusal.Protected => "its Pod is protected",
            Refusal.ForeignProcesses => "processes of another PID namespace are in it; run nodereaper in the host's (hostPID)",
            _ => $"{who} could not be looked at",
        };
    }
}
