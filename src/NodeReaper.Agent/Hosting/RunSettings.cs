using NodeReaper.Agent.Kubernetes.Api;
using NodeReaper.Engine.Policy;

namespace NodeReaper.Agent.Hosting;

/// <summary>What <c>nodereaper run</c> was asked to do.</summary>
/// <param name="Policy">The policy, with the command line's changes.</param>
/// <param name="Node">The node's name in reports; null when it was not given.</param>
/// <param name="Pods">Where Pods are known from; null for nowhere.</param>
/// <param name="Api">How the API server is reached; null where there is none.</param>
/// <param name="CgroupRoot">Where cgroup v2 is mounted.</param>
/// <param name="ProcRoot">Where proc is mounted.</param>
internal sealed record RunSettings(
    ReapPolicy Policy, string? Node, PodSourceChoice? Pods, ClusterAccess? Api, string CgroupRoot, string ProcRoot);
