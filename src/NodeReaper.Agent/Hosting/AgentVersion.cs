namespace NodeReaper.Agent.Hosting;

/// <summary>The version of this agent.</summary>
internal static class AgentVersion
{
    internal static string Text { get; } = typeof(AgentVersion).Assembly.GetName().Version?.ToString(3) ?? "";
}
