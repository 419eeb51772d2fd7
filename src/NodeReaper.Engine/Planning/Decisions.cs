using NodeReaper.Engine.Assessment;
using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Ranking;
using NodeReaper.Engine.Reporting;

namespace NodeReaper.Engine.Planning;

/// <summary>What is done about a shortage.</summary>
public enum Conclusion
{
    /// <summary>
    /// Nothing: there is no shortage, who was to die was asked to end and has time, or those that a dry run has told of would have ended it.
    /// </summary>
    Wait,

    /// <summary>Nobody may be killed, or all deaths together would not end it.</summary>
    NoVictim,

    /// <summary>The policy's cap on kills is reached.</summary>
    Capped,

    /// <summary>Those of the plan are killed, one after the other, until it is over.</summary>
    Kill,
}

/// <summary>The decision itself. Pure functions, which a replay runs on what was recorded.</summary>
public static class Decisions
{
    /// <summary>Plans who is to be killed for what is missing.</summary>
    /// <param name="snapshot">The candidates.</param>
    /// <param name="ranking">Their order.</param>
    /// <param name="occasion">What is missing, and where; what a kill should bring is half of what lies between the two marks.</param>
    /// <param name="pendingBytes">What of that is on its way back, in bytes.</param>
    /// <param name="policy">How many victims a plan may have.</param>
    /// <param name="plan">What is filled.</param>
    public static void Plan(
        CandidateSnapshot snapshot, VictimRanking ranking, in Occasion occasion, long pendingBytes, PlanPolicy policy, KillPlan plan)
    {
        var order = ranking.Order;
        var coming = pendingBytes + ToldBytes(snapshot);
        var missing = Math.Max(1, occasion.Verdict.DeficitBytes - coming);
        var reach = PlanReach.Of(snapshot, order, occasion, missing, coming);
        if (reach.Bytes < missing)
        {
            var front = order[..reach.Count];
            var enough = reach.Bytes;
            Planner.Plan(snapshot, front, enough, policy, plan);
            if (reach.BytesWithoutCause > enough && !HoldsCause(snapshot, plan))
            {
                enough = reach.BytesWithoutCause;
                Planner.Plan(snapshot, front, enough, policy, plan);
            }

            // Where there are more of them than a plan may have, the next look takes the next: nobody behind them dies for that.
            if (plan.CoveredBytes >= enough || (front.Length < order.Length && plan.Count > 0))
            {
                return;
            }
        }

        var worth = PlanReach.WorthBytes(occasion.Limits) - coming;
        Planner.Plan(snapshot, order, missing, policy, plan);
        if (plan.Count == 0 || plan.CoveredBytes >= worth)
        {
            return;
        }

        // A signal that goes off between the marks asks for a few bytes at times, and somebody small would die for them in vain: somebody larger
        // in its place, but nobody who deserves it less.
        var all = snapshot.All;
        ref readonly var last = ref all[plan.Victims[^1]];
        var count = plan.Count;
        Planner.Plan(snapshot, order, Math.Max(missing, worth), policy, plan);
        var isBetter = plan.Count <= count && plan.CoveredBytes >= worth;
        foreach (var index in plan.Victims)
        {
            isBetter &= !PlanReach.DeservesLess(all[index], last);
        }

        if (!isBetter)
        {
            Planner.Plan(snapshot, order, missing, policy, plan);
        }
    }

    private static bool HoldsCause(CandidateSnapshot snapshot, KillPlan plan)
    {
        foreach (var index in plan.Victims)
        {
            if (snapshot.All[index].IsCause)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Concludes what is done.</summary>
    /// <param name="occasion">The shortage.</param>
    /// <param name="snapshot">The candidates.</param>
    /// <param name="ranking">Their order.</param>
    /// <param name="plan">The plan, without those that were asked to end and have time.</param>
    /// <param name="isWithinBudget">True when the cap on kills allows another.</param>
    public static Conclusion Conclude(
        in Occasion occasion, CandidateSnapshot snapshot, VictimRanking ranking, KillPlan plan, bool isWithinBudget) =>
        WouldBeOver(occasion, ToldBytes(snapshot)) ? Conclusion.Wait
        : plan.Count == 0 || IsInVain(occasion, snapshot, ranking) ? Conclusion.NoVictim
        : !isWithinBudget ? Conclusion.Capped
        : Conclusion.Kill;

    /// <summary>
    /// True when a container that stands still at its own limit is to die for that. What it gives back does not matter: it may hold page cache alone,
    /// and read it again and again.
    /// </summary>
    /// <param name="candidate">The container.</param>
    /// <param name="policy">The policy.</param>
    public static bool DiesAtOwnLimit(in Candidate candidate, ReapPolicy policy) =>
        policy.OwnLimit.Kill
        && (candidate.Exclusion == Exclusion.None || (candidate.Exclusion == Exclusion.NothingToFree && candidate.Cgroup.Role == ContainerRole.App));

    /// <summary>How many kills a window may have: in an emergency, twice as many.</summary>
    /// <param name="verdict">On the shortage.</param>
    /// <param name="policy">The cap.</param>
    public static int MaxKills(in PressureVerdict verdict, PlanPolicy policy) => verdict.IsEmergency ? 2 * policy.MaxKills : policy.MaxKills;

    /// <summary>
    /// What those hold, in bytes, of whom a dry run has told in this shortage: in a live run they would be dead, and nobody else would have to
    /// make up for them.
    /// </summary>
    /// <param name="snapshot">The candidates.</param>
    public static long ToldBytes(CandidateSnapshot snapshot)
    {
        long bytes = 0;
        foreach (ref readonly var candidate in snapshot.All)
        {
            bytes += candidate.Exclusion == Exclusion.ToldOf ? candidate.OwnReliefBytes : 0;
        }

        return bytes;
    }

    /// <summary>True when the deaths that a dry run has told of would have ended the shortage: a live run kills nobody any more then.</summary>
    /// <param name="occasion">The shortage.</param>
    /// <param name="toldBytes">What they would have given back, in bytes.</param>
    public static bool WouldBeOver(in Occasion occasion, long toldBytes)
    {
        if (toldBytes == 0)
        {
            return false;
        }

        // A kill also begins a new account of who stalls.
        var memory = occasion.Reading.Memory;
        var reading = occasion.Reading with
        {
            Memory = memory with { AvailableBytes = memory.AvailableBytes + toldBytes },
            IsStalling = false,
            StallingFor = TimeSpan.Zero,
            FullyStallingFor = TimeSpan.Zero,
        };
        return !Assessor.Assess(reading, occasion.Limits).IsShort;
    }

    /// <summary>
    /// True when files on tmpfs, say, hold the memory: all deaths together would not end the shortage, or even the emergency. Nobody dies for that, or is
    /// asked to end.
    /// </summary>
    /// <param name="occasion">The shortage.</param>
    /// <param name="snapshot">The candidates.</param>
    /// <param name="ranking">Their order.</param>
    public static bool IsInVain(in Occasion occasion, CandidateSnapshot snapshot, VictimRanking ranking)
    {
        var wanted = occasion.Verdict.IsEmergency ? occasion.Limits.KillBelowBytes / 2 : occasion.Limits.KillBelowBytes;
        return ranking.ReliefBytes(snapshot) + ToldBytes(snapshot) < wanted - occasion.Reading.Memory.AvailableBytes;
    }
}
