using NodeReaper.Engine.Policy;

namespace NodeReaper.Engine.Candidates;

/// <summary>What the policy grants a Pod: protection, and the kill priority that counts.</summary>
public static class Protection
{
    /// <summary>Tells whether a Pod may not be chosen: by namespace, PriorityClass, priority, as a static Pod, or by a granted <c>never</c>.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="pod">The Pod.</param>
    /// <param name="container">Its container, when it is known which one.</param>
    public static bool IsProtected(ReapPolicy policy, PodFacts pod, ContainerFacts? container) =>
        RuleOf(policy, pod, container) != ProtectionRule.None;

    /// <summary>Tells which rule protects a Pod.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="pod">The Pod.</param>
    /// <param name="container">Its container, when it is known which one.</param>
    public static ProtectionRule RuleOf(ReapPolicy policy, PodFacts pod, ContainerFacts? container) =>
        pod.Priority >= policy.Protect.MinPriority ? ProtectionRule.Priority
        : policy.Protect.StaticPods && pod.IsStatic ? ProtectionRule.StaticPod
        : Holds(policy.Protect.Namespaces, pod.Namespace) ? ProtectionRule.Namespace
        : pod.PriorityClassName is { } name && Holds(policy.Protect.PriorityClasses, name) ? ProtectionRule.PriorityClass
        : WishOf(pod, container).IsNever && MayAskForProtection(policy, pod) ? ProtectionRule.Wish
        : ProtectionRule.None;

    /// <summary>The kill priority that counts: a wish for protection that is not granted is heard as 0.</summary>
    /// <param name="policy">The policy.</param>
    /// <param name="pod">The Pod.</param>
    /// <param name="container">Its container, when it is known which one.</param>
    public static int GrantedKillPriority(ReapPolicy policy, PodFacts pod, ContainerFacts? container)
    {
        var wish = WishOf(pod, container);
        return wish.AsksForProtection && !MayAskForProtection(policy, pod) ? 0 : wish.Value;
    }

    // Of a container that cannot be told from its siblings, the safest wish of them counts.
    private static KillPriority WishOf(PodFacts pod, ContainerFacts? container)
    {
        if (container is not null)
        {
            return container.KillPriority;
        }

        var safest = pod.KillPriority;
        for (var i = 0; i < pod.Containers.Count; i++)
        {
            var wish = pod.Containers[i].KillPriority;
            if (wish.IsNever || (!safest.IsNever && wish.Value < safest.Value))
            {
                safest = wish;
            }
        }

        return safest;
    }

    private static bool MayAskForProtection(ReapPolicy policy, PodFacts pod) =>
        Holds(policy.Wishes.Namespaces, pod.Namespace)
        || Holds(policy.Wishes.Namespaces, "*")
        || (pod.PriorityClassName is { } name && Holds(policy.Wishes.PriorityClasses, name));

    // An index, not Contains: LINQ and enumerators of interfaces allocate.
    private static bool Holds(IReadOnlyList<string> list, string value)
    {
        for (var i = 0; i < list.Count; i++)
        {
            if (string.Equals(list[i], value, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }
}
