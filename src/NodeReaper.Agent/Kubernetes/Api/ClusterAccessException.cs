namespace NodeReaper.Agent.Kubernetes.Api;

/// <summary>The agent cannot know how to reach the API: the message says what is wrong, and the fix.</summary>
internal sealed class ClusterAccessException(string message, Exception? inner = null) : IOException(message, inner);
