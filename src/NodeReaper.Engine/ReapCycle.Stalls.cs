using NodeReaper.Engine.OwnLimits;
using NodeReaper.Engine.Pressure;
using NodeReaper.Engine.Reporting;

namespace NodeReaper.Engine;

// Whether stalls are the place's own.
public sealed partial class ReapCycle
{
    private bool IsOfPlace(ref Occasion occasion, Episode episode)
    {
        _tree.Refresh();
        var blame = _blame.Judge(_tree.Containers, _kernelOoms.Beside, _node, occasion.Slice, _policy.Pressure, _round);
        if (blame == StallBlame.Verdict.Unknown)
        {
            return false;
        }

        occasion = occasion with { Stall = _blame.Evidence };
        episode.IsStallOfPlace = blame == StallBlame.Verdict.Place;
        if (blame == StallBlame.Verdict.OwnLimits)
        {
            TellOfAttribution(occasion, episode);
            Forget(occasion.Slice);
        }

        return episode.IsStallOfPlace;
    }

    private void Forget(SlicePressure? slice)
    {
        if (slice is null)
        {
            _node.ForgetOwnStall();
        }
        else
        {
            slice.ForgetStall();
        }
    }
}
