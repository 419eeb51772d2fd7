namespace NodeReaper.Agent.Control;

/// <summary>The agent is there, and cannot answer now: it is busy with a kill, or does not watch yet.</summary>
/// <param name="message">What it says.</param>
internal sealed class AgentBusyException(string message) : IOException(message);
