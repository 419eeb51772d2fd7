using NodeReaper.Agent.Control;
using NodeReaper.Agent.Http;
using NodeReaper.Engine.Policy;

namespace NodeReaper.Agent.Options;

/// <summary>All that a policy file can say: the engine's policy, and what is the agent's own.</summary>
internal sealed record AgentOptions
{
    /// <summary>What the engine is to do.</summary>
    public ReapPolicy Policy { get; init; } = new();

    /// <summary>Where metrics and health are served; null for nowhere.</summary>
    public ListenAddress? Listen { get; init; } = ListenAddress.Default;

    /// <summary>The unix socket on which root asks the agent; null for none.</summary>
    public string? Socket { get; init; } = ControlSocket.DefaultPath;

    /// <summary>What becomes of Events.</summary>
    public EventOptions Events { get; init; } = new();

    /// <summary>What the agent does in the kubelet's folder.</summary>
    public KubeletOptions Kubelet { get; init; } = new();

    /// <summary>What becomes of a Pod after one of its containers was killed.</summary>
    public AfterKillOptions AfterKill { get; init; } = new();

    /// <summary>What the Node says while its pressure does not end.</summary>
    public NodeOptions Node { get; init; } = new();

    /// <summary>How the agent logs.</summary>
    public LogOptions Log { get; init; } = new();
}
