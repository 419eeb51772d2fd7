namespace NodeReaper.Engine.Pressure;

/// <summary>Where tasks stall for memory, by the kernel's PSI alarms: evidence of whose fault it is.</summary>
[Flags]
public enum StallPlaces
{
    /// <summary>Nowhere.</summary>
    None = 0,

    /// <summary>Some task of the node, for the node's sake.</summary>
    Node = 1,

    /// <summary>All of the node's tasks at once, for the node's sake.</summary>
    NodeFull = 2,

    /// <summary>Some task of a Pod.</summary>
    Kubepods = 4,

    /// <summary>Some task of a Burstable Pod.</summary>
    Burstable = 8,

    /// <summary>Some task of a BestEffort Pod.</summary>
    BestEffort = 16,
}
