namespace NodeReaper.Agent.Options;

/// <summary>What becomes of a Pod after one of its containers was killed.</summary>
internal sealed record AfterKillOptions
{
    /// <summary>Evict the Pods whose annotation asks for it.</summary>
    public bool Evict { get; init; } = true;

    /// <summary>Evict a Pod when containers of its workload were killed so often; 0: never.</summary>
    public int EvictAfter { get; init; }

    /// <summary>Within this time.</summary>
    public TimeSpan Window { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Where the kills are kept, across restarts of the agent; null: in memory alone.</summary>
    public string? History { get; init; } = "/var/lib/nodereaper/kills.json";
}
