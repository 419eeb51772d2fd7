using System.Text;
using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Policy;

namespace NodeReaper.Agent.Kill;

/// <summary>Tells from a cgroup's path whether its Pod is one that the policy protects.</summary>
/// <param name="policy">The policy.</param>
/// <param name="pods">The Pods that are known; one that is not known cannot be told.</param>
internal sealed class ProtectedPods(ReapPolicy policy, PodSnapshot pods)
{
    /// <summary>Finds the protected Pod that a cgroup belongs to.</summary>
    /// <param name="cgroupPath">The cgroup, or one below it.</param>
    /// <returns>The Pod's namespace and name; null when it is not protected, or not known.</returns>
    internal string? Find(string cgroupPath)
    {
        var segments = cgroupPath.Split('/', StringSplitOptions.RemoveEmptyEntries);
        Span<char> uid = stackalloc char[KubepodsName.MaxUidLength];
        for (var i = 0; i < segments.Length; i++)
        {
            if (KubepodsName.Classify(Encoding.UTF8.GetBytes(segments[i]), out var inName) != KubepodsLevel.Pod)
            {
                continue;
            }

            var pod = pods.Find(uid[..KubepodsName.WriteUid(inName, uid)]);
            if (pod is null)
            {
                continue;
            }

            // A kubepods tree may be within a container of another: either may be protected.
            var container = i + 1 < segments.Length ? ContainerOf(pod, segments[i + 1]) : null;
            if (Protection.IsProtected(policy, pod, container))
            {
                return $"{pod.Namespace}/{pod.Name}";
            }
        }

        return null;
    }

    private static ContainerFacts? ContainerOf(PodFacts pod, string segment)
    {
        var id = Encoding.UTF8.GetString(KubepodsName.ContainerId(Encoding.UTF8.GetBytes(segment)));
        return pod.Containers.FirstOrDefault(container => container.ContainerId == id && id.Length > 0);
    }
}
