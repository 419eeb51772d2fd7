using NodeReaper.Engine.OwnLimits;
using NodeReaper.Kernel.Cgroups;

namespace NodeReaper.Engine.Candidates;

/// <summary>
/// The cgroups beside the Pods, such as system.slice: when one of them, or what is below it, meets a limit of its own (a service its MemoryMax), the
/// kernel's OOM killer counts that for the whole node all the same.
/// </summary>
public sealed class CgroupsBeside : IDisposable
{
    // As many as the path to a nested kubelet has beside it; each costs a descriptor.
    private const int MaxCgroups = 64;
    private readonly List<Beside> _cgroups = new(MaxCgroups);

    /// <summary>Opens what is new and closes what is gone. Allocates for what is new: for quiet moments.</summary>
    /// <param name="cgroupRoot">Where cgroup v2 is mounted.</param>
    /// <param name="paths">The cgroups that there are.</param>
    public void Update(string cgroupRoot, IReadOnlyList<SlicePath> paths)
    {
        for (var i = _cgroups.Count - 1; i >= 0; i--)
        {
            if (!Contains(paths, _cgroups[i].Path))
            {
                _cgroups[i].Directory.Close();
                _cgroups.RemoveAt(i);
            }
        }

        for (var i = 0; i < paths.Count && _cgroups.Count < MaxCgroups; i++)
        {
            if (!Knows(paths[i]) && CgroupDirectory.Open(Path.Combine(cgroupRoot, paths[i].Path), out _) is { IsOpen: true } directory)
            {
                _cgroups.Add(new Beside(paths[i], directory, directory.TryReadEvents("memory.events\0"u8, out var events) ? events : default));
            }
        }
    }

    /// <summary>Processes that were killed at a limit there since the last look. Allocates nothing.</summary>
    public long KillsAtOwnLimit()
    {
        long kills = 0;
        for (var i = 0; i < _cgroups.Count; i++)
        {
            var cgroup = _cgroups[i];
            if (cgroup.Directory.TryReadEvents("memory.events\0"u8, out var events))
            {
                kills += events.Oom > cgroup.Last.Oom ? Math.Max(0, events.OomKill - cgroup.Last.OomKill) : 0;
                _cgroups[i] = cgroup with { Last = events };
            }
        }

        return kills;
    }

    /// <summary>Begins to measure how long those wait that meet a limit. Allocates nothing.</summary>
    /// <returns>True when one has met a limit since the last look.</returns>
    internal bool BeginStalls()
    {
        var any = false;
        for (var i = 0; i < _cgroups.Count; i++)
        {
            var cgroup = _cgroups[i];
            var hits = LimitFiles.TimesAtLimit(cgroup.Directory);
            any |= hits > cgroup.Last.TimesAtLimit;
            _cgroups[i] = cgroup with { LimitHits = hits, StalledMicroseconds = LimitFiles.StalledMicroseconds(cgroup.Directory) };
        }

        return any;
    }

    /// <summary>How long they have waited since that was begun, and those of them that have met a limit since, in microseconds. Allocates nothing.</summary>
    internal (long All, long AtLimits) Stalled()
    {
        var (all, atLimits) = (0L, 0L);
        for (var i = 0; i < _cgroups.Count; i++)
        {
            var cgroup = _cgroups[i];
            var waited = Math.Max(0, LimitFiles.StalledMicroseconds(cgroup.Directory) - cgroup.StalledMicroseconds);
            all += waited;
            atLimits += LimitFiles.TimesAtLimit(cgroup.Directory) > cgroup.LimitHits ? waited : 0;
        }

        return (all, atLimits);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _cgroups.ForEach(cgroup => cgroup.Directory.Close());
        _cgroups.Clear();
    }

    private bool Knows(in SlicePath path)
    {
        for (var i = 0; i < _cgroups.Count; i++)
        {
            if (_cgroups[i].Path == path)
            {
                return true;
            }
        }

        return false;
    }

    private static bool Contains(IReadOnlyList<SlicePath> paths, in SlicePath path)
    {
        for (var i = 0; i < paths.Count; i++)
        {
            if (paths[i] == path)
            {
                return true;
            }
        }

        return false;
    }

    private readonly record struct Beside(SlicePath Path, CgroupDirectory Directory, MemoryEvents Last)
    {
        internal long LimitHits { get; init; }

        internal long StalledMicroseconds { get; init; }
    }
}
