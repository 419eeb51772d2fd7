using System.Text;
using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Policy;

namespace NodeReaper.Agent.Kill;

/// <summary>Tells from a cgroup's path whether the agent would protect its Pod, as it judges candidates (CandidateRules).</summary>
/// <param name="policy">The policy.</param>
/// <param name="pods">The Pods that are known. Of others, the path alone tells.</param>
/// <param name="agent">Asked about Pods that are not known; null: nobody is.</param>
internal sealed class ProtectedPods(ReapPolicy policy, PodSnapshot pods, RunningAgent? agent = null)
{
    /// <summary>Says why the Pod that a cgroup belongs to is protected.</summary>
    /// <param name="cgroupPath">The cgroup, or one below it; links resolved.</param>
    /// <param name="isNodeCritical">True when a process in it has the OOM score of what the node cannot do without.</param>
    /// <returns>A sentence; null when it is not protected, or not known to be.</returns>
    internal string? Find(string cgroupPath, bool isNodeCritical)
    {
        var segments = cgroupPath.Split('/', StringSplitOptions.RemoveEmptyEntries);
        var place = KubepodsPlace.Outside;
        for (var i = 0; i < segments.Length; i++)
        {
            place = place.Below(Encoding.UTF8.GetBytes(segments[i]));

            // A kubepods tree may be within a container of another: either may be protected.
            if (place.Level == KubepodsLevel.Pod
                && FindPod(UidOf(segments[i]), i + 1 < segments.Length ? ContainerIdOf(segments[i + 1]) : "", place.QosClass, isNodeCritical) is { } reason)
            {
                return reason;
            }
        }

        return null;
    }

    private string? FindPod(string uid, string containerId, QosClass qosClass, bool isNodeCritical)
    {
        if (pods.Find(uid) is { } pod)
        {
            var container = pod.Containers.FirstOrDefault(container => container.ContainerId == containerId && containerId.Length > 0);
            return Protection.IsProtected(policy, pod, container) ? $"its Pod {pod.Namespace}/{pod.Name} is protected" : null;
        }

        return policy.Protect.StaticPods && PodFacts.IsStaticUid(uid) ? $"its Pod {uid} is a static one, which are protected"
            : isNodeCritical && qosClass != QosClass.Guaranteed ? $"its Pod {uid} has the OOM score of system-node-critical, which is protected"
            : agent?.WhyProtected(uid, containerId);
    }

    private static string UidOf(string segment)
    {
        Span<char> uid = stackalloc char[KubepodsName.MaxUidLength];
        _ = KubepodsName.Classify(Encoding.UTF8.GetBytes(segment), out var inName);
        return new string(uid[..KubepodsName.WriteUid(inName, uid)]);
    }

    private static string ContainerIdOf(string segment) =>
        Encoding.UTF8.GetString(KubepodsName.ContainerId(Encoding.UTF8.GetBytes(segment)));
}
