namespace NodeReaper.Agent.Options;

/// <summary>A policy file that was read, or everything that is wrong with it: a bad file is refused whole.</summary>
/// <param name="Options">What it says; null when there are errors.</param>
/// <param name="Errors">In the order of the file.</param>
/// <param name="HasKeys">False when it gives no key at all, so that everything is as by default.</param>
internal sealed record PolicyLoad(AgentOptions? Options, IReadOnlyList<ConfigError> Errors, bool HasKeys);
