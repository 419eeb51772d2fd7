using System.Diagnostics;
using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Policy;
using NodeReaper.Kernel.Pressure;
using NodeReaper.Kernel.Text;

namespace NodeReaper.Engine.OwnLimits;

/// <summary>
/// Finds containers that stand still at their own limit, without being killed by the kernel: as long as reclaim finds a page, its OOM
/// killer is content (memory.events: max, high; memory.pressure: full). Looks every few seconds, at those alone that met a limit.
/// </summary>
public sealed class LivelockWatch
{
    // What was not looked at for so long begins anew.
    private static readonly TimeSpan s_gap = TimeSpan.FromSeconds(20);
    private readonly byte[] _text = new byte[512];

    /// <summary>Looks at each container; their memory.events must have been read just now. Allocates nothing.</summary>
    /// <param name="containers">The containers.</param>
    /// <param name="policy">What counts as standing still.</param>
    /// <param name="found">What was found.</param>
    /// <returns>The first that has stood still long enough and was not found before; null when there is none.</returns>
    public ContainerCgroup? Find(ReadOnlySpan<ContainerCgroup> containers, OwnLimitPolicy policy, out Livelock found)
    {
        var now = Stopwatch.GetTimestamp();
        ContainerCgroup? first = null;
        found = default;
        foreach (var container in containers)
        {
            var state = container.Livelock;
            container.Livelock = Next(container, state, policy, now, out var livelock);
            if (first is null && !state.IsFound && container.Livelock.Since > 0 && livelock.Time >= policy.Time)
            {
                container.Livelock = container.Livelock with { IsFound = true };
                found = livelock;
                first = container;
            }
        }

        return first;
    }

    private LivelockState Next(
        ContainerCgroup container, in LivelockState state, OwnLimitPolicy policy, long now, out Livelock livelock)
    {
        livelock = default;
        var hits = container.LastEvents.TimesAtLimit;
        var newHits = hits - state.LimitHits;

        // What we slow down ourselves is not for its own limit's sake.
        if (newHits <= 0 || container.ThrottledAt > 0 || !TryReadStall(container, out var stalled))
        {
            return new LivelockState { LimitHits = hits };
        }

        var elapsed = Stopwatch.GetElapsedTime(state.LookedAt, now);
        var isStill = state.LookedAt > 0 && elapsed > TimeSpan.Zero && elapsed < s_gap
            && (stalled - state.StalledMicroseconds) * 100 >= policy.StalledPercent * elapsed.TotalMicroseconds;
        var next = new LivelockState
        {
            LimitHits = hits,
            LookedAt = now,
            StalledMicroseconds = stalled,
            Since = !isStill ? 0 : state.Since > 0 ? state.Since : state.LookedAt,
            IsFound = isStill && state.IsFound,
        };
        if (isStill)
        {
            _ = container.Directory.ReadValue("memory.max\0"u8, out var max);
            _ = container.Directory.ReadValue("memory.high\0"u8, out var high);
            var percent = (int)Math.Min(100, (stalled - state.StalledMicroseconds) * 100 / elapsed.TotalMicroseconds);
            livelock = new Livelock(Math.Min(max, high), percent, Stopwatch.GetElapsedTime(next.Since, now), newHits);
        }

        return next;
    }

    private bool TryReadStall(ContainerCgroup container, out long fullMicroseconds)
    {
        fullMicroseconds = 0;
        var read = container.Directory.ReadFile("memory.pressure\0"u8, _text);
        if (!read.Succeeded || PressureStall.Parse(_text.AsSpan(0, (int)read.Value), out var stall) != ParseOutcome.Ok)
        {
            return false;
        }

        fullMicroseconds = stall.FullTotalMicroseconds;
        return true;
    }
}

/// <summary>What is remembered of a container between two looks.</summary>
internal readonly record struct LivelockState
{
    internal long LimitHits { get; init; }

    internal long LookedAt { get; init; }

    internal long StalledMicroseconds { get; init; }

    /// <summary>Since when it stands still, in ticks of <see cref="Stopwatch"/>; 0 when it does not.</summary>
    internal long Since { get; init; }

    internal bool IsFound { get; init; }
}
