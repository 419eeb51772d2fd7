using System.Diagnostics;
using NodeReaper.Engine.Killing;
using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Pressure;

namespace NodeReaper.Engine.Candidates;

/// <summary>Joins each container's cgroup with its Pod, its memory and what the policy says of it.</summary>
public sealed class CandidateCollector
{
    private static readonly long s_growthOver = Stopwatch.Frequency / 10;
    private readonly MemoryUseReader _reader = new();
    private readonly ContainerRoles _roles;

    /// <summary>Makes one.</summary>
    /// <param name="roles">What tells sandboxes and system processes.</param>
    public CandidateCollector(ContainerRoles roles) => _roles = roles;

    /// <summary>Fills a snapshot. Only the kernel is read; nothing is written.</summary>
    /// <param name="tree">The containers.</param>
    /// <param name="pods">The Pods.</param>
    /// <param name="policy">The policy.</param>
    /// <param name="snapshot">What is filled.</param>
    /// <param name="slice">The slice that is short of memory; null when it is the node.</param>
    /// <param name="measuresGrowth">False for a look in between, from which the growth is not to be measured anew.</param>
    public void Collect(
        KubepodsTree tree, PodSnapshot pods, ReapPolicy policy, CandidateSnapshot snapshot, SlicePressure? slice = null, bool measuresGrowth = true)
    {
        snapshot.Clear();
        foreach (var cgroup in tree.Containers)
        {
            cgroup.Join(pods);
            ref var candidate = ref snapshot.Add();
            candidate.Cgroup = cgroup;
            candidate.Pod = cgroup.Pod;
            candidate.Container = cgroup.Container;
            Look(ref candidate, snapshot.SwapOnDisk, measuresGrowth);
        }

        foreach (ref var candidate in snapshot.ToFill)
        {
            if (IsNotTold(candidate))
            {
                candidate.Container = OnlyOneLeft(snapshot.All, candidate);
            }
        }

        CandidateRules.Apply(snapshot, policy, slice);
    }

    private static bool IsNotTold(in Candidate candidate) =>
        candidate is { Pod.HasInitContainers: false, Container: null, Cgroup.Role: ContainerRole.App };

    // A container that was just started again has an ID that the Pod's status does not tell yet. Where its siblings are known, it is the one that is left:
    // it must have nothing of theirs, neither their request nor their wishes.
    private static ContainerFacts? OnlyOneLeft(ReadOnlySpan<Candidate> all, in Candidate candidate)
    {
        var containers = candidate.Pod!.Containers;
        if (containers.Count < 2)
        {
            return null;
        }

        foreach (ref readonly var other in all)
        {
            if (ReferenceEquals(other.Pod, candidate.Pod) && !ReferenceEquals(other.Cgroup, candidate.Cgroup) && IsNotTold(other))
            {
                return null;
            }
        }

        ContainerFacts? left = null;
        for (var i = 0; i < containers.Count; i++)
        {
            var isKnown = false;
            foreach (ref readonly var other in all)
            {
                isKnown |= ReferenceEquals(other.Container, containers[i]);
            }

            if (!isKnown && left is not null)
            {
                return null;
            }

            left = isKnown ? left : containers[i];
        }

        return left;
    }

    private void Look(ref Candidate candidate, double swapOnDisk, bool measuresGrowth)
    {
        var cgroup = candidate.Cgroup;
        var error = cgroup.MemoryFiles.Current.IsOpen
            ? _reader.Read(cgroup.MemoryFiles, out candidate.Memory)
            : _reader.Read(cgroup.Directory, out candidate.Memory);
        candidate.IsQuarantined = cgroup.IsQuarantined;
        candidate.IsToldOf = cgroup.IsToldOf;
        candidate.IsAskedToEnd = cgroup.GraceEnds > 0;
        candidate.IsUnreadable = !error.IsNone;
        if (candidate.IsUnreadable)
        {
            return;
        }

        candidate.SwapOnDiskBytes = (long)(candidate.Memory.Swap * swapOnDisk);
        candidate.GrowthBytesPerSecond = Growth(cgroup, candidate.FreeableBytes, measuresGrowth);

        // What was empty or being set up is looked at again, and so is what is too large for a sandbox; the others stay what
        // they are.
        if (cgroup.Role is ContainerRole.Unknown or ContainerRole.Starting
            || (cgroup.Role == ContainerRole.Sandbox && candidate.FreeableBytes >= ProcessGuard.BorrowedNameFromBytes))
        {
            cgroup.Role = _roles.Tell(cgroup.Directory, candidate.FreeableBytes, out var isNodeCritical);
            cgroup.IsNodeCritical = isNodeCritical;
        }
    }

    private static long Growth(ContainerCgroup cgroup, long freeableBytes, bool isMeasured)
    {
        // The kernel counts in batches: over less time than this, what it says is noise.
        var now = Stopwatch.GetTimestamp();
        var elapsed = now - cgroup.GrowthSince;
        var growth = cgroup.GrowthSince > 0 && elapsed >= s_growthOver
            ? Math.Max(0, (long)((freeableBytes - cgroup.GrowthFromBytes) * (double)Stopwatch.Frequency / elapsed))
            : cgroup.GrowthBytesPerSecond;
        if (!isMeasured)
        {
            return growth;
        }

        cgroup.GrowthBytesPerSecond = growth;
        cgroup.IsFirstLook = cgroup.GrowthSince == 0 || (cgroup.IsFirstLook && elapsed < s_growthOver);

        if (cgroup.GrowthSince == 0 || elapsed >= s_growthOver)
        {
            cgroup.GrowthSince = now;
            cgroup.GrowthFromBytes = freeableBytes;
        }

        cgroup.LastFreeableBytes = freeableBytes;
        return growth;
    }
}
