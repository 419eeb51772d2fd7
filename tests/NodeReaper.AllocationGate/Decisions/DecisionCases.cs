using NodeReaper.AllocationGate.Kills;
using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Planning;
using NodeReaper.Engine.Ranking;

namespace NodeReaper.AllocationGate.Decisions;

/// <summary>What comes before the kill, and the whole cycle around it.</summary>
internal static class DecisionCases
{
    private const long Mib = 1 << 20;

    internal static IEnumerable<GateCase> All(KillRig kills, CycleRig cycle)
    {
        yield return new("a look at 200 known containers, ranking and plan", () => new Decision(kills, cycle, comeBefore: true));
        yield return new("a look at 200 new containers, ranking and plan", () => new Decision(kills, cycle, comeBefore: false));
        yield return new("the whole cycle: decision, kill, proof and report", () => new WholeCycle(kills, cycle));
        yield return new("the whole cycle: nobody to kill", () => new NoVictim(cycle));
    }

    private sealed class Decision : Attempt
    {
        private const int Containers = 200;
        private readonly CandidateSnapshot _snapshot = new(1024);
        private readonly VictimRanking _ranking = new();
        private readonly KillPlan _plan = new();
        private readonly CycleRig _rig;
        private readonly VictimCgroup _cgroup;

        internal Decision(KillRig kills, CycleRig rig, bool comeBefore)
        {
            _rig = rig;
            _cgroup = kills.MakeCgroup();
            var victim = _cgroup.Start("");
            for (var i = 0; i < Containers; i++)
            {
                rig.Kubepods.Add($"known{i}", (4 + i) * Mib, victim);
            }

            if (comeBefore)
            {
                rig.Cycle.LookAround();
            }
        }

        internal override void Run()
        {
            _rig.Tree.Refresh();
            _rig.Collector.Collect(_rig.Tree, PodSnapshot.Empty, _rig.Policy, _snapshot);
            Ranker.Rank(_snapshot, _rig.Policy.Ranking, _ranking);
            Planner.Plan(_snapshot, _ranking, 300 * Mib, _rig.Policy.Plan, _plan);
        }

        internal override string? Complaint() => _ranking.Count == Containers && _plan.Count > 0
            ? null
            : $"went another way: {_snapshot.Count} candidates, {_ranking.Count} ranked, {_plan.Count} planned";

        public override void Dispose()
        {
            for (var i = 0; i < Containers; i++)
            {
                _rig.Kubepods.Remove($"known{i}");
            }

            _rig.Cycle.LookAround();
            _cgroup.Dispose();
        }
    }

    private sealed class WholeCycle : Attempt
    {
        private readonly KillRig _kills;
        private readonly CycleRig _rig;
        private readonly VictimCgroup _cgroup;
        private readonly long _killsBefore;

        internal WholeCycle(KillRig kills, CycleRig rig)
        {
            _kills = kills;
            _rig = rig;
            _cgroup = kills.MakeCgroup();
            _killsBefore = rig.Cycle.Totals.Kills;
            rig.Kubepods.Add("hog", 400 * Mib, _cgroup.Start("--mib 16"));
        }

        internal override void Run() => _rig.Run();

        internal override string? Complaint() =>
            _rig.Cycle.Totals.Kills == _killsBefore + 1 && _rig.Cycle.Recorder is { Next.Plan.Length: 1, Ring.Count: > 0 } ? null : $"went another way: {_rig.Cycle.Totals}";

        public override void Dispose()
        {
            _kills.LetGo();
            _rig.Kubepods.Remove("hog");
            _rig.Cycle.LookAround();
            _rig.DrainReports();
            _cgroup.Dispose();
        }
    }

    private sealed class NoVictim(CycleRig rig) : Attempt
    {
        private readonly long _killsBefore = rig.Cycle.Totals.Kills;

        internal override void Run() => rig.Run();

        internal override string? Complaint() => rig.Cycle.Totals.Kills == _killsBefore ? null : $"went another way: {rig.Cycle.Totals}";

        public override void Dispose() => rig.DrainReports();
    }
}
