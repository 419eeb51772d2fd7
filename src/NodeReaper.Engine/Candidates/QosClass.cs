namespace NodeReaper.Engine.Candidates;

/// <summary>
/// The Kubernetes quality-of-service class of a Pod, in the order in which they are to die
/// (Kubernetes documentation, "Pod Quality of Service Classes").
/// </summary>
public enum QosClass
{
    /// <summary>No container of the Pod asks for anything.</summary>
    BestEffort,

    /// <summary>Some container asks for something, but the Pod is not Guaranteed.</summary>
    Burstable,

    /// <summary>Every container limits CPU and memory and asks for just that.</summary>
    Guaranteed,
}
