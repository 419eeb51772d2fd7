using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Policy;
using static NodeReaper.Engine.Tests.Candidates.Made;

namespace NodeReaper.Engine.Tests.Candidates;

/// <summary>What a Pod requests as a whole, for the containers that request nothing themselves.</summary>
public sealed class SharedRequestTests
{
    private readonly CandidateSnapshot _snapshot = new(4);

    [Theory]
    [InlineData(3000, 200, 0)]
    [InlineData(4500, 500, 904)]
    public void It_is_over_when_they_are_together(int appMib, int otherMib, long expectedMib)
    {
        ContainerFacts[] containers = [Container("app", "a"), Container("other", "b"), Container("own", "c", 64 * Mib)];
        var pod = Pod(containers: containers) with { SharedRequestBytes = 4096 * Mib };
        Add(pod, 0, appMib);
        Add(pod, 1, otherMib);
        Add(pod, 2, 100);
        CandidateRules.Apply(_snapshot, new ReapPolicy(), null);
        Assert.Equal(expectedMib, (_snapshot.All[0].OverRequestBytes + _snapshot.All[1].OverRequestBytes) / Mib);
        Assert.Equal(64 * Mib, _snapshot.All[2].RequestBytes);
        var policy = new ReapPolicy();
        Assert.Equal(0, Allocations.Of(() => CandidateRules.Apply(_snapshot, policy, null)));
    }

    private void Add(PodFacts pod, int container, int mib)
    {
        ref var added = ref _snapshot.Add();
        added = Candidate(mib * Mib, containerId: pod.Containers[container].ContainerId!);
        added.Cgroup.Role = ContainerRole.App;
        added.Pod = pod;
        added.Container = pod.Containers[container];
    }
}
