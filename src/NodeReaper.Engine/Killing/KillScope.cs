namespace NodeReaper.Engine.Killing;

/// <summary>How much of a Pod dies (annotation <c>nodereaper.io/kill-scope</c>).</summary>
public enum KillScope
{
    /// <summary>The container.</summary>
    Container,

    /// <summary>The largest process of the container, and whoever shares its address space there.</summary>
    Process,

    /// <summary>All app containers of the Pod; never the sandbox.</summary>
    Pod,
}
