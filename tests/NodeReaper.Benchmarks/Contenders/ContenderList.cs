using NodeReaper.Engine.Killing;

namespace NodeReaper.Benchmarks.Contenders;

/// <summary>Everybody who takes part; the first is what the others are compared with. To add one: a file beside this one, a line here.</summary>
internal static class ContenderList
{
    /// <summary>The agent's strategies that take part, where the kernel has what they need.</summary>
    internal static IReadOnlyList<KillStrategy> Strategies { get; } = [KillStrategy.Signal, KillStrategy.Release, KillStrategy.Hold];

    internal static IReadOnlyList<IContender> All(AgentKiller killer, AgentKiller withOneThread, HoldUntilPinned holdUntilPinned) =>
    [
        new SignalEach(),
        new KillCgroup(),
        new SignalAndReleaseEach(),
        new KillCgroupAndRelease(),
        new AtNormalPriority(new KillCgroupAndRelease()),
        holdUntilPinned,
        .. Strategies.Select(strategy => new Agent(killer, strategy)),
        new Agent(withOneThread, KillStrategy.Hold, ", one thread"),
    ];
}
