using System.Text;

namespace NodeReaper.Engine.Candidates;

/// <summary>
/// Where a cgroup stands in Kubernetes' tree, told from all the names on the way to it: what is called <c>burstable</c> or <c>pod1</c> is the
/// kubelet's only within a kubepods tree.
/// </summary>
/// <param name="Level">What it is; Other also for a container, and for what is below or outside.</param>
/// <param name="QosClass">Of a Pod and of a container: the QoS class that the path tells.</param>
/// <param name="IsContainer">True for a container's cgroup, right below its Pod's.</param>
public readonly record struct KubepodsPlace(KubepodsLevel Level, QosClass QosClass, bool IsContainer)
{
    /// <summary>Outside of every kubepods tree.</summary>
    public static readonly KubepodsPlace Outside = new(KubepodsLevel.Other, QosClass.Guaranteed, false);

    /// <summary>Tells where a path leads to.</summary>
    /// <param name="path">A cgroup's path, from any directory above the kubepods tree.</param>
    public static KubepodsPlace Of(string path)
    {
        var place = Outside;
        foreach (var name in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            place = place.Below(Encoding.UTF8.GetBytes(name));
        }

        return place;
    }

    /// <summary>Goes one directory down.</summary>
    /// <param name="name">The directory's name.</param>
    public KubepodsPlace Below(ReadOnlySpan<byte> name)
    {
        // systemd's names hold the whole way; those of the cgroupfs driver say something at their place alone.
        var isWhole = name.EndsWith(".slice"u8);
        return KubepodsName.Classify(name, out _) switch
        {
            KubepodsLevel.Root => new(KubepodsLevel.Root, QosClass.Guaranteed, false),
            KubepodsLevel.Burstable when isWhole || Level == KubepodsLevel.Root => new(KubepodsLevel.Burstable, QosClass.Burstable, false),
            KubepodsLevel.BestEffort when isWhole || Level == KubepodsLevel.Root => new(KubepodsLevel.BestEffort, QosClass.BestEffort, false),
            KubepodsLevel.Pod when isWhole || Level is KubepodsLevel.Root or KubepodsLevel.Burstable or KubepodsLevel.BestEffort =>
                new(KubepodsLevel.Pod, QosClass, false),
            _ when Level == KubepodsLevel.Pod && !KubepodsName.ContainerId(name).IsEmpty => new(KubepodsLevel.Other, QosClass, true),
            _ => Outside,
        };
    }
}
