using System.Diagnostics;
using System.Globalization;
using NodeReaper.Agent.Commands;
using NodeReaper.Engine.Killing;
using NodeReaper.Engine.Verification;
using NodeReaper.Kernel.Cgroups;
using NodeReaper.Kernel.Processes;
using NodeReaper.Kernel.Procfs;
using NodeReaper.Kernel.Syscalls;

namespace NodeReaper.Agent.SelfTest;

/// <summary>Tries a strategy for real: on a child of our own, with the engine's own killer and verifier.</summary>
internal static class StrategySelfTest
{
    private const int StartTimeoutMilliseconds = 20_000;
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(5);

    /// <summary>The strategies to try, the best first.</summary>
    internal static IReadOnlyList<KillStrategy> Tried { get; } = [KillStrategy.Hold, KillStrategy.Release, KillStrategy.Signal];

    /// <summary>Tries the strategies in turn until one passes.</summary>
    /// <param name="tell">Hears every result.</param>
    /// <returns>The best that passed; null when not even a signal kills.</returns>
    internal static KillStrategy? Best(Action<StrategyTestResult> tell)
    {
        foreach (var strategy in Tried)
        {
            var result = Try(strategy);
            tell(result);
            if (result.Passed)
            {
                return strategy;
            }
        }

        return null;
    }

    /// <summary>Tries one strategy.</summary>
    /// <param name="strategy">Hold, Release or Signal.</param>
    internal static StrategyTestResult Try(KillStrategy strategy)
    {
        try
        {
            using var child = StartVictim();
            return OwnThread.Run(() => Kill(child.Id, strategy));
        }
        catch (IOException error)
        {
            return new StrategyTestResult(strategy, false, $"no child to try it on: {error.Message}", "let the agent start its own executable");
        }
    }

    private static ChildProcess StartVictim()
    {
        var path = Environment.ProcessPath ?? throw new IOException("the path of this program is not known");
        var child = ChildProcess.Start(path, SelfTestVictimCommand.Name);
        if (child.WaitForLine("ready\n"u8, StartTimeoutMilliseconds))
        {
            return child;
        }

        child.Dispose();
        throw new IOException("the child did not get ready in time");
    }

    private static StrategyTestResult Kill(int processId, KillStrategy strategy)
    {
        var root = FileDescriptor.OpenDirectory("/proc", out var error);
        if (!root.IsOpen)
        {
            throw new IOException($"cannot open /proc: {error}");
        }

        try
        {
            var proc = new ProcessFiles(root);
            using var killer = new Killer(proc, new ProcessGuard(proc), 1);
            var target = new KillTarget(CgroupDirectory.None, processId);
            var outcome = killer.Kill(target, strategy, 0, s_deadline);
            if (!outcome.IsKilled)
            {
                return new StrategyTestResult(
                    strategy, false, $"the child was not killed: {outcome.Refusal}, {outcome.SignalError}", "run as root, or add CAP_KILL");
            }

            var process = killer.Processes[0];
            var relief = new Verifier(proc).Verify(target, outcome, default, ReliefProof.Process, s_deadline, killer);
            return Judge(strategy, process, relief, outcome);
        }
        finally
        {
            root.Close();
        }
    }

    private static StrategyTestResult Judge(
        KillStrategy strategy, in VictimProcess process, in ReliefResult relief, in KillOutcome outcome)
    {
        var steps = StrategySteps.Of(strategy);
        if (!relief.IsDead)
        {
            return new StrategyTestResult(strategy, false, "the child was not dead in time", "see whether a debugger or tracer holds the agent's children");
        }

        if (steps.Holds && process.HeldThread == 0)
        {
            return new StrategyTestResult(
                strategy, false, $"ptrace(PTRACE_SEIZE) said {process.HoldError}", "add CAP_SYS_PTRACE; allow ptrace in seccomp, Yama and the LSM");
        }

        // Without the hold, ESRCH only means that the child won the race.
        var mayLoseRace = !steps.Holds && process.ReleaseError == Errno.ESRCH;
        if (steps.Releases && !process.ReleaseError.IsNone && !mayLoseRace)
        {
            return new StrategyTestResult(
                strategy, false, $"process_mrelease said {process.ReleaseError}", "use Linux 5.15 or later, and allow process_mrelease in seccomp");
        }

        var microseconds = (relief.DeadAt - outcome.DecidedAt) * 1e6 / Stopwatch.Frequency;
        return new StrategyTestResult(
            strategy, true, string.Create(CultureInfo.InvariantCulture, $"a child died and was reaped in {microseconds / 1000:0.0} ms"), "");
    }
}
