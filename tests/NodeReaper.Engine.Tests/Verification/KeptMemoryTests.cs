using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Killing;
using NodeReaper.Engine.Tests.Killing;
using NodeReaper.Engine.Verification;
using static NodeReaper.Engine.Tests.Candidates.Made;

namespace NodeReaper.Engine.Tests.Verification;

public sealed class KeptMemoryTests : KillerTest
{
    [Fact]
    public void The_death_of_one_whose_memory_another_keeps_proves_nothing_even_when_nobody_found_the_other()
    {
        var (cgroup, elsewhere) = (Make(), Make());
        var victim = Start(cgroup.Path, "--mib", "32", "--vfork-share");
        var sharer = cgroup.ProcessIds().Single(id => id != victim.Id);
        elsewhere.Move(sharer);
        var deadline = TimeSpan.FromMilliseconds(300);
        var target = KillTarget.Of(cgroup.Directory);
        var outcome = Kill(target, KillStrategy.Hold, deadline);

        // As on a busy node, where the search for it ends without an answer.
        var relief = Verifier.Verify(target, outcome with { SharerProcessId = 0 }, MemoryUse.OfResident(32 * Mib), ReliefProof.Process, deadline, Killer);
        Assert.Equal((true, false), (relief.IsDead, relief.IsFreed));
        ProcessState.AssertUntouched(sharer);
    }
}
