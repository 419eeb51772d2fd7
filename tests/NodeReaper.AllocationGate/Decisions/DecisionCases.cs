using NodeReaper.AllocationGate.Kills;
using NodeReaper.Engine;
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
        yield return new("the whole cycle: refused at the last look", () => new Refused(kills, cycle));
        yield return new("the whole cycle: a victim that stays, and is looked after", () => new Undead(kills, cycle));
        yield return new("a victim that stayed is gone", () => new GoneAtLast(kills, cycle));
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
            Planner.Plan(_snapshot, _ranking.Order, 300 * Mib, _rig.Policy.Plan, _plan);
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

    private class WholeCycle : Attempt
    {
        protected const string Hog = "hog";
        private readonly KillRig _kills;
        private readonly VictimCgroup _cgroup;
        private readonly long _killsBefore;

        internal WholeCycle(KillRig kills, CycleRig rig)
        {
            _kills = kills;
            Rig = rig;
            CycleRig.WaitForItsTurn();
            _cgroup = kills.MakeCgroup();
            _killsBefore = rig.Cycle.Totals.Kills;
            rig.Kubepods.Add(Hog, 400 * Mib, _cgroup.Start("--mib 16"));
        }

        protected CycleRig Rig { get; }

        protected bool WasKilled => Rig.Cycle.Totals.Kills == _killsBefore + 1;

        internal override void Run() => Rig.Run();

        internal override string? Complaint() =>
            WasKilled && Rig.Cycle.Recorder is { Next.Plan.Length: 1, Ring.Count: > 0 } ? null : $"went another way: {Rig.Cycle.Totals}";

        public override void Dispose()
        {
            _kills.LetGo();
            Rig.Kubepods.Remove(Hog);
            Rig.Cycle.LookAfterDraining();
            Rig.Cycle.LookAround();
            Rig.DrainReports();
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

    // A container that became another one since its processes were last looked at.
    private sealed class Refused : Attempt
    {
        private readonly CycleRig _rig;
        private readonly VictimCgroup _cgroup;
        private readonly CycleTotals _before;

        private bool IsSystemNow
        {
            get
            {
                foreach (var container in _rig.Tree.Containers)
                {
                    if (container.Role == ContainerRole.System)
                    {
                        return true;
                    }
                }

                return false;
            }
        }

        internal Refused(KillRig kills, CycleRig rig)
        {
            _rig = rig;
            _cgroup = kills.MakeCgroup();
            _before = rig.Cycle.Totals;
            CycleRig.WaitForItsTurn();
            rig.Kubepods.Add("kubelet", 400 * Mib, _cgroup.Start("--mib 1"));
            rig.Cycle.LookAround();
            rig.Kubepods.SetProcess("kubelet", _cgroup.Start("--comm kubelet"));
        }

        internal override void Run() => _rig.Run();

        internal override string? Complaint() =>
            _rig.Cycle.Totals == _before && IsSystemNow ? null : $"went another way: {_rig.Cycle.Totals}";

        public override void Dispose()
        {
            _rig.Kubepods.Remove("kubelet");
            _rig.Cycle.LookAround();
            _rig.DrainReports();
            _cgroup.Dispose();
        }
    }

    // Its cgroup never gets empty.
    private class Undead : WholeCycle
    {
        internal Undead(KillRig kills, CycleRig rig)
            : base(kills, rig) => rig.Kubepods.SetPopulated(Hog, true);

        protected virtual int DrainingAfter => 1;

        internal override void Run()
        {
            base.Run();
            Rig.Cycle.LookAfterDraining();
        }

        internal override string? Complaint() =>
            WasKilled && Rig.Cycle.Draining.Count == DrainingAfter ? null : $"went another way: {Rig.Cycle.Totals}, {Rig.Cycle.Draining.Count} draining";
    }

    private sealed class GoneAtLast : Undead
    {
        internal GoneAtLast(KillRig kills, CycleRig rig)
            : base(kills, rig)
        {
            base.Run();
            rig.Kubepods.Empty(Hog);
        }

        protected override int DrainingAfter => 0;

        internal override void Run() => Rig.Cycle.LookAfterDraining();
    }
}
