namespace NodeReaper.Agent.Options;

/// <summary>What becomes of Events.</summary>
internal sealed record EventOptions
{
    /// <summary>Send them, where there is an API server.</summary>
    public bool Send { get; init; } = true;

    /// <summary>Where they wait until they are delivered; null: in memory alone.</summary>
    public string? Folder { get; init; } = "/var/lib/nodereaper/events";
}
