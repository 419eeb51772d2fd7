using System.Diagnostics;
using NodeReaper.Engine;
using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Killing;
using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Pressure;
using NodeReaper.Engine.Reporting;
using NodeReaper.Engine.Stages;
using NodeReaper.Engine.Verification;
using NodeReaper.Kernel.Processes;
using NodeReaper.Kernel.Procfs;
using NodeReaper.Kernel.Syscalls;

namespace NodeReaper.Benchmarks.Decision;

/// <summary>The agent's whole cycle, on a node that is always a little short of memory: the policy says so.</summary>
internal sealed class DecisionRun : IDisposable
{
    private const int VictimMib = 32;

    // More than MemAvailable rises from one reading to the next, and less than all containers hold: nobody is killed in vain.
    private const long MissingBytes = 64L << 20;
    private readonly ContainerTree _containers;
    private readonly NodePressure _node;
    private readonly KubepodsTree _tree;
    private readonly Killer _killer;
    private readonly ReportRing _reports = new(4);
    private readonly ReapCycle _cycle;
    private DecisionSample? _sample;

    internal DecisionRun(ContainerTree containers)
    {
        _containers = containers;
        var policy = new ReapPolicy
        {
            Plan = new PlanPolicy { MaxVictims = 1, MinFreeableBytes = 64 << 10, MaxKills = 256, KillWindow = TimeSpan.FromSeconds(1) },
            Kill = new KillPolicy { Strategy = KillStrategy.Hold, Deadline = containers.Deadline, Cooldown = TimeSpan.Zero },
        };
        var proc = new ProcessFiles(FileDescriptor.OpenDirectory("/proc", out _));
        var guard = new ProcessGuard(proc);
        _node = new NodePressure("/proc", policy.Pressure.StallWindow);
        _tree = new KubepodsTree(containers.Root);
        _killer = new Killer(proc, guard, policy.Kill.Reapers);
        var roles = new ContainerRoles(guard);
        _cycle = new ReapCycle(
            policy, policy.Kill.Strategy, _node, _tree, new CandidateCollector(roles), _killer, new Verifier(proc), new MainProcess(proc, roles, _killer.Errors), _reports, () => PodSnapshot.Empty);
        _tree.Discover();
    }

    /// <summary>Adds a container that is larger than the others, and has the agent find and kill it.</summary>
    /// <param name="number">Its number.</param>
    internal DecisionSample Decide(int number)
    {
        using var victim = _containers.Add(number, VictimMib);

        // As it does every few seconds while there is no hurry.
        _cycle.LookAround();
        _sample = null;
        Read();
        var mark = MemoryAmount.OfBytes(_node.Last.Memory.AvailableBytes + MissingBytes);
        _cycle.Adopt(_cycle.Policy with { Pressure = new PressurePolicy { KillBelow = mark, RecoverTo = mark } });
        Read();
        _cycle.Run();
        _reports.Drain(Write);
        if (_sample is not { } sample || !HasExited(victim))
        {
            throw new IOException("the agent killed somebody else, or nobody");
        }

        _containers.Remove(number);
        return sample;
    }

    private void Read()
    {
        if (!_node.Read(_cycle.Policy.Pressure))
        {
            throw new IOException("/proc/meminfo does not read");
        }
    }

    private void Write(ReapReport report) => _sample = report.Kind == ReportKind.Killed
        ? new DecisionSample(
            Stopwatch.GetElapsedTime(report.Reading.Timestamp, report.Outcome.DecidedAt).TotalMilliseconds,
            Stopwatch.GetElapsedTime(report.Reading.Timestamp, report.Outcome.SignalledAt).TotalMilliseconds)
        : null;

    public void Dispose()
    {
        _killer.Dispose();
        _tree.Dispose();
        _node.Dispose();
        _reports.Dispose();
    }

    private static bool HasExited(ChildProcess victim)
    {
        var opened = Pidfd.Open(victim.Id);
        if (!opened.Succeeded)
        {
            return opened.Error == Errno.ESRCH;
        }

        var process = new Pidfd(new FileDescriptor((int)opened.Value));
        var hasExited = process.WaitForExit(1000);
        process.Close();
        return hasExited;
    }
}
