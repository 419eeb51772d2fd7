using NodeReaper.Engine.Killing;

namespace NodeReaper.Agent.SelfTest;

/// <summary>How a strategy did on a child of our own.</summary>
/// <param name="Strategy">The strategy.</param>
/// <param name="Passed">True when it did all that it is there for.</param>
/// <param name="Detail">What happened, or what failed.</param>
/// <param name="Fix">What would make it pass; empty when it did.</param>
/// <param name="IsTransient">True when it may pass the next time.</param>
internal sealed record StrategyTestResult(KillStrategy Strategy, bool Passed, string Detail, string Fix, bool IsTransient = false);
