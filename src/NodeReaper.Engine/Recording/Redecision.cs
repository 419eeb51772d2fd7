using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Planning;
using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Ranking;
using NodeReaper.Engine.Reporting;

namespace NodeReaper.Engine.Recording;

/// <summary>Decides again on recorded facts, by the functions that the agent decides with.</summary>
public sealed class Redecision
{
    private readonly KillPlan _plan = new();

    /// <summary>Decides.</summary>
    /// <param name="facts">The facts. Their candidates are filled in.</param>
    /// <param name="policy">The policy: the recorded one, or another.</param>
    public Redecision(DecisionFacts facts, ReapPolicy policy)
    {
        Facts = facts;
        Policy = policy;
        Occasion = facts.Kind switch
        {
            DecisionKind.Shortage => Assess(facts, policy),

            // With that kill, the place may be short no more.
            DecisionKind.KernelOom => Occasion.Of(facts.Occasion.Slice?.Last ?? facts.Node, policy.Pressure, facts.Occasion.Slice),
            _ => facts.Occasion,
        };
        CandidateRules.Apply(facts.Candidates, policy, facts.Kind == DecisionKind.OwnLimit ? null : Occasion.Slice);
        Ranker.Rank(facts.Candidates, policy.Ranking, Ranking);
        Conclusion = Decide();
    }

    /// <summary>What it was decided on.</summary>
    public DecisionFacts Facts { get; }

    /// <summary>By which policy.</summary>
    public ReapPolicy Policy { get; }

    /// <summary>What it rests on.</summary>
    public Occasion Occasion { get; }

    /// <summary>The order.</summary>
    public VictimRanking Ranking { get; } = new();

    /// <summary>Whom the planner takes, as indexes of the candidates.</summary>
    public IReadOnlyList<int> Planned { get; private set; } = [];

    /// <summary>Those of them who have no time to end by themselves.</summary>
    public IReadOnlyList<int> Plan => [.. _plan.Victims];

    /// <summary>What is done.</summary>
    public Conclusion Conclusion { get; }

    // The place that it was about, as long as that is short under this policy, too: others may have been short beside it.
    private static Occasion Assess(DecisionFacts facts, ReapPolicy policy) =>
        facts.Occasion.Slice is { } slice && Occasion.Of(slice.Last, policy.Pressure, slice) is { Verdict.IsShort: true } same
            ? same
            : Occasion.Of(facts.Node, [.. facts.Slices], policy.Pressure);

    private Conclusion Decide() => Facts.Kind switch
    {
        DecisionKind.Shortage => DecideOnShortage(),
        DecisionKind.GraceOver => DecideWhenGraceIsOver(),
        DecisionKind.OwnLimit => DecideAtOwnLimit(),
        _ => Conclusion.Wait,
    };

    private Conclusion DecideOnShortage()
    {
        if (!Occasion.Verdict.IsShort || Decisions.WouldBeOver(Occasion, Decisions.ToldBytes(Facts.Candidates)))
        {
            return Conclusion.Wait;
        }

        Decisions.Plan(Facts.Candidates, Ranking, Occasion, Facts.PendingBytes, Policy.Plan, _plan);
        Planned = [.. _plan.Victims];
        if (_plan.Count > 0 && !Decisions.IsInVain(Occasion, Facts.Candidates, Ranking))
        {
            Remove(Facts.Graced.Contains);
            AskedFirst.Apply(Facts.Candidates, Ranking, Policy, _plan);
            if (_plan.Count == 0)
            {
                return Conclusion.Wait;
            }
        }

        return Decisions.Conclude(Occasion, Facts.Candidates, Ranking, _plan, Facts.IsWithinBudget);
    }

    private Conclusion DecideWhenGraceIsOver()
    {
        Decisions.Plan(Facts.Candidates, Ranking, Occasion, Facts.PendingBytes, Policy.Plan, _plan);
        Remove(Facts.Graced.Contains);
        Planned = Plan;
        return _plan.Count > 0 && !Decisions.IsInVain(Occasion, Facts.Candidates, Ranking) ? Conclusion.Kill : Conclusion.Wait;
    }

    private Conclusion DecideAtOwnLimit()
    {
        ref readonly var candidate = ref Facts.Candidates.All[Facts.AtOwnLimit];
        if (!Decisions.DiesAtOwnLimit(candidate, Policy))
        {
            return Conclusion.Wait;
        }

        _plan.TakeOnly(Facts.AtOwnLimit, candidate.ReliefBytes);
        Planned = Plan;
        return Conclusion.Kill;
    }

    private void Remove(Func<int, bool> isGraced)
    {
        for (var position = _plan.Count - 1; position >= 0; position--)
        {
            var index = _plan.Victims[position];
            if (isGraced(index))
            {
                _plan.Remove(position, Facts.Candidates.All);
            }
        }
    }
}
