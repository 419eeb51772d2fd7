namespace NodeReaper.Agent.Kubernetes.Api;

/// <summary>How long is waited for what, when talking to a Kubernetes API.</summary>
internal sealed record ApiTimings
{
    /// <summary>A request, with its answer. A watch: until it begins.</summary>
    internal TimeSpan Request { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// A watch that says nothing for this long is given up, and taken up where it was. Bookmarks come about once a minute; a
    /// connection that is half open is found by HTTP/2 pings before that.
    /// </summary>
    internal TimeSpan Silence { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>Until a connection is made.</summary>
    internal TimeSpan Connect { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>A connection on which nothing came for this long is asked whether it is still there.</summary>
    internal TimeSpan Ping { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Until the answer to that.</summary>
    internal TimeSpan PingAnswer { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>After the first failure; from there on, it doubles. Half of it is chance.</summary>
    internal TimeSpan FirstDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>No delay is longer, unless the server asks for it (Retry-After).</summary>
    internal TimeSpan LongestDelay { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// Before a new list, where the past is gone: up to this, by chance. A server that was started again knows no past, and all agents of the
    /// cluster hear so at once.
    /// </summary>
    internal TimeSpan Relist { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>No Retry-After is heeded for longer.</summary>
    internal TimeSpan LongestRetryAfter { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>For so long, a Pod whose disruption budget does not let it go is asked for again.</summary>
    internal TimeSpan Eviction { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How often the kubelet is asked; a fifth of it is chance.</summary>
    internal TimeSpan Poll { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Snapshots are published at most this often, however fast the changes come.</summary>
    internal TimeSpan Publish { get; init; } = TimeSpan.FromMilliseconds(200);
}
