using System.Diagnostics;
using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Policy;

namespace NodeReaper.Engine.OwnLimits;

/// <summary>
/// Finds containers that stand still at their own limit or their Pod's, without being killed by the kernel: as long as reclaim finds a page,
/// its OOM killer is content (memory.events: max, high; memory.pressure: full). Looks every few seconds, and closer at those alone that met
/// a limit. With one container, a kubelet gives its limit to the Pod as well, which is met first, for the sandbox is in it: that counts in
/// the Pod's memory.events.local, and not below.
/// </summary>
public static class LivelockWatch
{
    // What was not looked at for so long begins anew.
    private static readonly TimeSpan s_gap = TimeSpan.FromSeconds(20);

    /// <summary>Looks at each container; their memory.events must have been read just now. Allocates nothing.</summary>
    /// <param name="containers">The containers.</param>
    /// <param name="policy">What counts as standing still.</param>
    /// <param name="found">What was found.</param>
    /// <returns>
    /// The first that has stood still long enough and was not found before, or what gives back more of the same Pod; null when there is none.
    /// </returns>
    public static ContainerCgroup? Find(ReadOnlySpan<ContainerCgroup> containers, OwnLimitPolicy policy, out Livelock found)
    {
        var now = Stopwatch.GetTimestamp();
        ContainerCgroup? first = null;
        found = default;
        foreach (var container in containers)
        {
            var state = container.Livelock;
            container.Livelock = Next(container, state, policy, now, out var livelock);
            if (!state.IsFound && container.Livelock.Since > 0 && livelock.Time >= policy.Time && (first is null || IsLarger(container, first)))
            {
                found = livelock;
                first = container;
            }
        }

        first?.Livelock = first.Livelock with { IsFound = true };
        return first;
    }

    // Containers that share a limit stand still together: it is the largest that fills it.
    private static bool IsLarger(ContainerCgroup container, ContainerCgroup than) =>
        container.PodUid.SequenceEqual(than.PodUid) && container.LastFreeableBytes > than.LastFreeableBytes;

    private static LivelockState Next(
        ContainerCgroup container, in LivelockState state, OwnLimitPolicy policy, long now, out Livelock livelock)
    {
        livelock = default;
        var hits = container.LastEvents.TimesAtLimit;
        var podHits = LimitFiles.TimesAtPodLimit(container.Directory);
        var newHits = hits - state.LimitHits + podHits - state.PodLimitHits;

        // What we slow down ourselves is not for its own limit's sake.
        if (newHits <= 0 || container.ThrottledAt > 0 || !LimitFiles.TryReadStall(container.Directory, out var stall))
        {
            return new LivelockState { LimitHits = hits, PodLimitHits = podHits };
        }

        var elapsed = Stopwatch.GetElapsedTime(state.LookedAt, now);
        var isStill = state.LookedAt > 0 && elapsed > TimeSpan.Zero && elapsed < s_gap
            && (stall.FullTotalMicroseconds - state.StalledMicroseconds) * 100 >= policy.StalledPercent * elapsed.TotalMicroseconds;
        var next = new LivelockState
        {
            LimitHits = hits,
            PodLimitHits = podHits,
            LookedAt = now,
            StalledMicroseconds = stall.FullTotalMicroseconds,
            Since = !isStill ? 0 : state.Since > 0 ? state.Since : state.LookedAt,
            IsFound = isStill && state.IsFound,
        };
        if (isStill)
        {
            var isPods = hits == state.LimitHits;
            _ = container.Directory.ReadValue(isPods ? "../memory.max\0"u8 : "memory.max\0"u8, out var max);
            _ = container.Directory.ReadValue(isPods ? "../memory.high\0"u8 : "memory.high\0"u8, out var high);
            var percent = (int)Math.Min(100, (stall.FullTotalMicroseconds - state.StalledMicroseconds) * 100 / elapsed.TotalMicroseconds);
            livelock = new Livelock(Math.Min(max, high), percent, Stopwatch.GetElapsedTime(next.Since, now), newHits, isPods);
        }

        return next;
    }
}

/// <summary>What is remembered of a container between two looks.</summary>
internal readonly record struct LivelockState
{
    internal long LimitHits { get; init; }

    internal long PodLimitHits { get; init; }

    internal long LookedAt { get; init; }

    internal long StalledMicroseconds { get; init; }

    /// <summary>Since when it stands still, in ticks of <see cref="Stopwatch"/>; 0 when it does not.</summary>
    internal long Since { get; init; }

    internal bool IsFound { get; init; }
}
