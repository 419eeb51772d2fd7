using NodeReaper.Engine.Killing;
using NodeReaper.Kernel.Tests;

namespace NodeReaper.Engine.Tests.Killing;

/// <summary>Kernels without cgroup.kill, and victims that one look at the list does not catch.</summary>
public sealed class SweepTests : KillerTest
{
    public static TheoryData<KillStrategy> Strategies => [.. Enum.GetValues<KillStrategy>().Except([KillStrategy.Auto])];

    [Theory]
    [MemberData(nameof(Strategies))]
    public void A_fork_bomb_is_frozen_and_killed_as_a_whole(KillStrategy strategy)
    {
        var cgroup = Make();
        Start(cgroup.Path, "--fork-bomb", "4", "--mib", "4");
        Assert.True(Kill(WithoutCgroupKill(cgroup, canFreeze: true), strategy).IsKilled);
        Eventually.True(() => LetGo() == 0 && cgroup.ProcessIds().Length == 0, "none is held, and the cgroup is empty");
        Assert.Equal("0\n", File.ReadAllText($"{cgroup.Path}/cgroup.freeze"));
    }

    [Theory]
    [InlineData(KillStrategy.Hold)]
    [InlineData(KillStrategy.Signal)]
    public void Of_1500_processes_all_die(KillStrategy strategy)
    {
        var cgroup = Make();
        Start(cgroup.Path, "--procs", "1499");
        var outcome = Kill(WithoutCgroupKill(cgroup), strategy);
        Assert.Equal((true, 1500), (outcome.IsKilled, outcome.ProcessCount));
        Eventually.True(() => LetGo() == 0 && cgroup.ProcessIds().Length == 0, "none is held, and the cgroup is empty");
        Assert.Equal(strategy == KillStrategy.Hold ? VictimProcesses.Followed : 0, outcome.HeldCount);
    }

    [Fact]
    public void A_container_that_was_frozen_before_dies_and_stays_as_it_was()
    {
        var cgroup = Make();
        Start(cgroup.Path, "--mib", "4", "--procs", "3");
        File.WriteAllText($"{cgroup.Path}/cgroup.freeze", "1");
        Assert.True(Kill(WithoutCgroupKill(cgroup, canFreeze: true), KillStrategy.Hold).IsKilled);
        Eventually.True(() => LetGo() == 0 && cgroup.ProcessIds().Length == 0, "none is held, and the cgroup is empty");
        Assert.Equal("1\n", File.ReadAllText($"{cgroup.Path}/cgroup.freeze"));
    }
}
