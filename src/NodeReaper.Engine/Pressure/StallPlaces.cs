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

    /// <summary>All tasks of Pods at once.</summary>
    KubepodsFull = 32,

    /// <summary>All tasks of Burstable Pods at once.</summary>
    BurstableFull = 64,

    /// <summary>All tasks of BestEffort Pods at once.</summary>
    BestEffortFull = 128,
}

/// <summary>What belongs together among the places.</summary>
public static class StallPlacesExtensions
{
    /// <summary>The same slice, with all its tasks at once.</summary>
    /// <param name="place">Kubepods, Burstable or BestEffort.</param>
    public static StallPlaces AllAtOnce(this StallPlaces place) => place switch
    {
        StallPlaces.Burstable => StallPlaces.BurstableFull,
        StallPlaces.BestEffort => StallPlaces.BestEffortFull,
        _ => StallPlaces.KubepodsFull,
    };
}
