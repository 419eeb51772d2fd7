using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Policy;

namespace NodeReaper.Engine.Pressure;

/// <summary>The slices above the Pods that are watched; as many as a node with a few nested kubelets has.</summary>
public sealed class PodSlices : IDisposable
{
    /// <summary>The most that are watched.</summary>
    public const int Capacity = 32;

    private readonly SlicePressure?[] _slices = new SlicePressure?[Capacity];

    /// <summary>The slices, with gaps; the place of each stays the same while it is there.</summary>
    public ReadOnlySpan<SlicePressure?> All => _slices;

    /// <summary>Opens what is new and closes what is gone. Allocates: for quiet moments.</summary>
    /// <param name="cgroupRoot">Where cgroup v2 is mounted.</param>
    /// <param name="paths">The slices that there are.</param>
    /// <param name="policy">What their alarms are set to.</param>
    /// <param name="opened">Takes each that is new, with its place.</param>
    /// <param name="closing">Takes each that is gone, before it is closed.</param>
    public void Update(
        string cgroupRoot, IReadOnlyList<SlicePath> paths, PressurePolicy policy, Action<int, SlicePressure> opened, Action<SlicePressure> closing)
    {
        for (var i = 0; i < Capacity; i++)
        {
            if (_slices[i] is { } slice && !paths.Any(path => path.Id == slice.Id && path.Path == slice.Path))
            {
                closing(slice);
                slice.Dispose();
                _slices[i] = null;
            }
        }

        foreach (var path in paths)
        {
            var place = Array.IndexOf(_slices, null);
            if (place >= 0
                && !Array.Exists(_slices, slice => slice?.Path == path.Path)
                && SlicePressure.Open(cgroupRoot, path, policy) is { } slice)
            {
                _slices[place] = slice;
                opened(place, slice);
            }
        }
    }

    /// <summary>Reads each. Allocates nothing.</summary>
    /// <param name="node">The node's reading of the same moment.</param>
    /// <param name="policy">The thresholds.</param>
    public void Read(in PressureReading node, PressurePolicy policy)
    {
        foreach (var slice in _slices)
        {
            slice?.Read(node, policy);
        }
    }

    /// <summary>Where alarms went off within the last window. Allocates nothing.</summary>
    /// <param name="now">The time, in ticks of <see cref="System.Diagnostics.Stopwatch"/>.</param>
    public StallPlaces Stalling(long now)
    {
        var places = StallPlaces.None;
        foreach (var slice in _slices)
        {
            places |= slice?.Stalling(now) ?? StallPlaces.None;
        }

        return places;
    }

    /// <summary>
    /// How often the kernel's OOM killer was called for a limit of a Pod or container, also of one that is gone. Allocates nothing.
    /// </summary>
    public long OomsOfPods()
    {
        long ooms = 0;
        foreach (var slice in _slices)
        {
            ooms += slice is null ? 0 : (slice.Place == StallPlaces.Kubepods ? slice.OomsWithin : 0) - slice.OwnOoms;
        }

        return ooms;
    }

    /// <summary>A slice for whose own limit the kernel's OOM killer was called since it was last asked; null when there is none. Allocates nothing.</summary>
    public SlicePressure? OneWithNewOoms()
    {
        SlicePressure? found = null;
        foreach (var slice in _slices)
        {
            found = slice?.HasNewOoms() == true ? slice : found;
        }

        return found;
    }

    /// <summary>How many processes the kernel's OOM killer took in Pods, also in those that are gone. Allocates nothing.</summary>
    public long OomKillsInPods()
    {
        long kills = 0;
        foreach (var slice in _slices)
        {
            kills += slice?.Place == StallPlaces.Kubepods ? slice.OomKillsWithin : 0;
        }

        return kills;
    }

    /// <summary>Forgets the last alarms.</summary>
    public void ForgetStall()
    {
        foreach (var slice in _slices)
        {
            slice?.ForgetStall();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var slice in _slices)
        {
            slice?.Dispose();
        }

        Array.Clear(_slices);
    }
}
