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

    /// <summary>How the agent logs.</summary>
    public LogOptions Log { get; init; } = new();
}
