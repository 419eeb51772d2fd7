using NodeReaper.Engine.Killing;
using NodeReaper.Engine.Pressure;
using NodeReaper.Engine.Reporting;

namespace NodeReaper.Engine;

// What is told of a shortage where nobody dies.
public sealed partial class ReapCycle
{
    private void TellOfNoVictim(in Occasion occasion, Episode episode)
    {
        episode.ReasonToSpare = LateReason.NobodyMayBeKilled;
        if (!episode.HasToldOfNoVictim)
        {
            episode.HasToldOfNoVictim = true;
            Totals = Totals with { WithoutVictim = Totals.WithoutVictim + 1 };
            _tell.NoVictim(occasion, _policy);
            Recorder.Keep();
        }
    }

    private void TellOfCap(in Occasion occasion, Episode? episode)
    {
        episode?.ReasonToSpare = LateReason.Capped;
        if (episode?.HasToldOfCap != true)
        {
            episode?.HasToldOfCap = true;
            _tell.Capped(occasion, _policy);
            Recorder.Keep();
        }
    }

    private void TellOfAttribution(in Occasion occasion, Episode episode)
    {
        if (!episode.HasToldOfAttribution)
        {
            episode.HasToldOfAttribution = true;
            _tell.Attributed(occasion, _blame.AtLimit);
        }
    }

    // Returns what its death would have given back, in bytes.
    private long TellOfDryRun(int index, in Occasion occasion, Episode? episode)
    {
        ref readonly var candidate = ref _snapshot.All[index];
        if (candidate.Cgroup.IsToldOf)
        {
            // It was to die along with one before it.
            return 0;
        }

        candidate.Cgroup.IsToldOf = true;
        for (var i = 0; candidate.Scope == KillScope.Pod && i < _snapshot.Count; i++)
        {
            ref readonly var sibling = ref _snapshot.All[i];
            sibling.Cgroup.IsToldOf |= sibling.DiesAlongWith(candidate);
        }

        episode?.HasToldOfDryRun = true;
        episode?.ReasonToSpare = LateReason.DryRun;
        Totals = Totals with { DryRunKills = Totals.DryRunKills + 1 };
        _tell.DryRun(occasion, _policy, index);
        Recorder.Keep();
        return candidate.ReliefBytes;
    }
}
