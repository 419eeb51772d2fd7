namespace NodeReaper.Engine.Candidates;

/// <summary>Which rule of the policy protects a Pod; of several, the first in this order.</summary>
public enum ProtectionRule
{
    /// <summary>None: it may be chosen.</summary>
    None,

    /// <summary>Its priority (<c>protect.minPriority</c>).</summary>
    Priority,

    /// <summary>It is a static Pod (<c>protect.staticPods</c>).</summary>
    StaticPod,

    /// <summary>Its namespace (<c>protect.namespaces</c>).</summary>
    Namespace,

    /// <summary>Its PriorityClass (<c>protect.priorityClasses</c>).</summary>
    PriorityClass,

    /// <summary>Its own wish, which is granted (<c>wishes</c>).</summary>
    Wish,
}
