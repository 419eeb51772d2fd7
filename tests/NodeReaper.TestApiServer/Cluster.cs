using System.Collections.Concurrent;

namespace NodeReaper.TestApiServer;

/// <summary>What outlives a server: its data, its certificates, and what it is to do wrong.</summary>
public sealed class Cluster : IDisposable
{
    private CancellationTokenSource _watches = new();

    /// <summary>Its certificates.</summary>
    public Certificates Certificates { get; } = new();

    /// <summary>Its Pods.</summary>
    public PodStore Pods { get; } = new();

    /// <summary>Its Events.</summary>
    public EventStore Events { get; } = new();

    /// <summary>Its Node.</summary>
    public NodeStore Nodes { get; } = new();

    /// <summary>Its disruption budgets.</summary>
    public IList<DisruptionBudget> Budgets { get; } = [];

    /// <summary>What goes wrong next.</summary>
    public FaultScript Script { get; } = new();

    /// <summary>Every request, in the order in which they came: verb, path and query.</summary>
    public ConcurrentQueue<(ApiVerb Verb, string Target)> Requests { get; } = [];

    /// <summary>The token that is taken; null for any.</summary>
    public string? Token { get; set; }

    /// <summary>The subject of a client certificate that is taken for a token; null for none.</summary>
    public string? ClientName { get; set; }

    /// <summary>What the agent may not do: verb and resource, such as <c>create events.k8s.io/events</c> or <c>watch pods</c>.</summary>
    public HashSet<string> Denied { get; } = [];

    /// <summary>If not null, all that the agent may do, in the same words.</summary>
    public IReadOnlySet<string>? Granted { get; set; }

    /// <summary>How often a watch that asks for bookmarks gets one.</summary>
    public TimeSpan BookmarkEvery { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>True when the field selector is passed over: the Pods of all nodes are told.</summary>
    public bool IgnoresSelector { get; set; }

    /// <summary>False when answers are not compressed for anybody.</summary>
    public bool Compresses { get; set; } = true;

    /// <summary>How long each answer takes to begin.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>True when watches go silent for good where they had something to say, even a bookmark.</summary>
    public bool IsSilent { get; set; }

    internal CancellationToken WatchesBroken => _watches.Token;

    internal bool Denies(string right) => Denied.Contains(right) || Granted?.Contains(right) == false;

    /// <summary>How many requests of a kind came.</summary>
    public int Count(ApiVerb verb) => Requests.Count(request => request.Verb == verb);

    /// <summary>Resets all watches.</summary>
    public void BreakWatches() => Interlocked.Exchange(ref _watches, new CancellationTokenSource()).Cancel();

    /// <inheritdoc/>
    public void Dispose()
    {
        _watches.Dispose();
        Certificates.Dispose();
    }
}
