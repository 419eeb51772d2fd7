namespace NodeReaper.Agent.Options;

/// <summary>What the agent does in the kubelet's folder.</summary>
internal sealed record KubeletOptions
{
    /// <summary>Where it is.</summary>
    public string? Root { get; init; } = "/var/lib/kubelet";

    /// <summary>Write the termination message of a container that was killed.</summary>
    public bool TerminationMessages { get; init; } = true;
}
