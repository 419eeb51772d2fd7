using NodeReaper.Engine.Candidates;

namespace NodeReaper.Agent.Kubernetes;

/// <summary>Computes the QoS class of a Pod as Kubernetes does (kubernetes, pkg/apis/core/v1/helper/qos/qos.go).</summary>
internal static class QosRules
{
    /// <summary>The QoS class.</summary>
    /// <param name="pod">What spec.resources says for the Pod as a whole. Once it says anything, it alone decides (Kubernetes 1.34).</param>
    /// <param name="containers">All containers, init containers too.</param>
    internal static QosClass Compute(ResourceNeeds pod, IReadOnlyList<ManifestContainer> containers) =>
        Compute(pod.IsSet ? [WithPodDefaults(pod, containers)] : [.. containers.Select(container => container.Needs)]);

    private static QosClass Compute(IReadOnlyList<ResourceNeeds> needs)
    {
        ResourceAmounts requests = default;
        ResourceAmounts limits = default;
        var areAllLimited = true;
        foreach (var need in needs)
        {
            requests += need.Requests;
            limits += need.Limits;
            areAllLimited &= need.Limits is { Cpu: > 0, Memory: > 0 };
        }

        // An amount of zero is as if nothing had been said.
        if (requests is not ({ Cpu: > 0 } or { Memory: > 0 }) && limits is not ({ Cpu: > 0 } or { Memory: > 0 }))
        {
            return QosClass.BestEffort;
        }

        return areAllLimited && requests.Cpu == limits.Cpu && requests.Memory == limits.Memory ? QosClass.Guaranteed : QosClass.Burstable;
    }

    // core/v1/defaults.go, defaultPodRequests: what the containers ask for, else the Pod's limit.
    internal static ResourceNeeds WithPodDefaults(ResourceNeeds pod, IReadOnlyList<ManifestContainer> containers) =>
        pod.Limits.IsSet ? pod with { Requests = pod.Requests.OrElse(RequestsOf(containers)).OrElse(pod.Limits) } : pod;

    // What containers ask for together, at the moment when it is most: init containers run one by one, before the others.
    private static ResourceAmounts RequestsOf(IReadOnlyList<ManifestContainer> containers)
    {
        ResourceAmounts running = default;
        ResourceAmounts sidecars = default;
        ResourceAmounts starting = default;
        foreach (var container in containers)
        {
            switch (container.Kind)
            {
                case ContainerKind.App:
                    running += container.Needs.Requests;
                    break;
                case ContainerKind.Sidecar:
                    sidecars += container.Needs.Requests;
                    starting = ResourceAmounts.Max(starting, sidecars);
                    break;
                default:
                    starting = ResourceAmounts.Max(starting, container.Needs.Requests + sidecars);
                    break;
            }
        }

        return ResourceAmounts.Max(running + sidecars, starting);
    }
}
