using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Pressure;

namespace NodeReaper.Engine;

/// <summary>The episodes of the node and of each slice that may have a limit of its own: what one waits for is nothing to another.</summary>
internal sealed class Episodes
{
    private readonly Episode _node = new();
    private readonly Episode[] _slices = new Episode[PodSlices.Capacity];
    private readonly SlicePressure?[] _of = new SlicePressure?[PodSlices.Capacity];

    internal Episodes()
    {
        for (var i = 0; i < _slices.Length; i++)
        {
            _slices[i] = new Episode();
        }
    }

    internal bool HaveToldOfDryRun => Any(static episode => episode.HasToldOfDryRun);

    /// <summary>True while that of a place lasts that a container is in.</summary>
    internal bool LastFor(ContainerCgroup container)
    {
        var any = _node.Lasts;
        for (var i = 0; i < _slices.Length && !any; i++)
        {
            any = _slices[i].Lasts && _of[i]?.Holds(container) == true;
        }

        return any;
    }

    /// <summary>The episode of the node.</summary>
    internal Episode OfNode => _node;

    /// <summary>The episode of a slice. One that has taken the place of another begins anew.</summary>
    /// <param name="place">Where it stands among <see cref="PodSlices.All"/>.</param>
    /// <param name="slice">The slice; null when there is none, which ends what was there.</param>
    internal Episode Of(int place, SlicePressure? slice)
    {
        if (!ReferenceEquals(_of[place], slice))
        {
            _of[place] = slice;
            _slices[place].End();
        }

        return _slices[place];
    }

    private bool Any(Func<Episode, bool> condition)
    {
        var any = condition(_node);
        foreach (var episode in _slices)
        {
            any |= condition(episode);
        }

        return any;
    }
}
