using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Killing;
using NodeReaper.Engine.Tests.Killing;
using NodeReaper.Engine.Verification;
using NodeReaper.Kernel.Syscalls;
using static NodeReaper.Engine.Tests.Candidates.Made;

namespace NodeReaper.Engine.Tests.Verification;

/// <summary>One process dies and others of its container live on: what its death proves, and what it does not.</summary>
public sealed class ProcessInCgroupTests : KillerTest
{
    [Fact]
    public void A_death_alone_proves_nothing_where_nobody_released()
    {
        var (outcome, relief) = KillOneOf(64, KillStrategy.Signal, leftMib: 64);
        Assert.InRange(outcome.AnonBytes, 32 * Mib, 34 * Mib);
        Assert.Equal((true, false), (relief.IsDead, relief.IsFreed));
    }

    [Theory]
    [InlineData(32, true)]
    [InlineData(34, true)]
    [InlineData(50, false)]
    public void It_is_proven_once_the_cgroup_has_lost_what_the_process_had(int leftMib, bool isFreed)
    {
        var (_, relief) = KillOneOf(64, KillStrategy.Signal, leftMib);
        Assert.Equal((true, isFreed), (relief.IsDead, relief.IsFreed));
    }

    [Fact]
    public void A_release_that_answered_proves_it_by_itself()
    {
        var (_, relief) = KillOneOf(64, KillStrategy.Hold, leftMib: 64);
        Assert.Equal((true, true), (relief.IsDead, relief.IsFreed));
    }

    [Fact]
    public void A_cgroup_that_is_gone_with_its_last_process_is_proof()
    {
        var (_, relief) = KillOneOf(64, KillStrategy.Signal, leftMib: null);
        Assert.Equal((true, true), (relief.IsDead, relief.IsFreed));
    }

    // The cgroup tells of so much before, and of what is left at every look after the signal.
    private (KillOutcome Outcome, ReliefResult Relief) KillOneOf(int mib, KillStrategy strategy, int? leftMib)
    {
        var victim = StartAnywhere("--mib", "32");
        var cgroup = FakeCgroup(mib * Mib, victim.Id);
        Assert.Equal(Errno.None, new MemoryUseReader().Read(cgroup, out var before));
        var target = new KillTarget(cgroup, victim.Id);
        var outcome = Kill(target, strategy);
        Assert.True(outcome.IsKilled);
        SetFakeMemory(leftMib * Mib);
        return (outcome, Verifier.Verify(target, outcome, before, ReliefProof.ProcessInCgroup, TimeSpan.FromSeconds(1), Killer));
    }
}
