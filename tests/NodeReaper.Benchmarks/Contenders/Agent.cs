using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Killing;
using NodeReaper.Kernel.Cgroups;

namespace NodeReaper.Benchmarks.Contenders;

/// <summary>NodeReaper with one of its strategies.</summary>
internal sealed class Agent(AgentKiller killer, KillStrategy strategy, string remark = "") : IContender
{
    public string Name => $"NodeReaper {strategy.ToString().ToLowerInvariant()}{remark}";

    public KillAnswer Kill(CgroupDirectory cgroup, in MemoryUse before, TimeSpan deadline) =>
        killer.Kill(cgroup, strategy, before, deadline);

    public int LetGo() => killer.LetGo();
}
