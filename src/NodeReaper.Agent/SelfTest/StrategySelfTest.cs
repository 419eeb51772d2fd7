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
/// <param name="expediteFlag">The policy's kill.expediteFlag; 0 for none.</param>
internal sealed class StrategySelfTest(int expediteFlag)
{
    private const int StartTimeoutMilliseconds = 20_000;
    private const int MostAttempts = 8;

    // What a child has left once the kernel has freed it: a few pages that are not its own.
    private const int ResidueDivisor = 8;
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(5);

    /// <summary>The strategies that this kernel may have, the best first.</summary>
    internal IEnumerable<KillStrategy> Tried
    {
        get
        {
            if (Pidfd.KernelKnowsKillAndRelease())
            {
                yield return KillStrategy.Atomic;
            }

            if (expediteFlag != 0)
            {
                yield return KillStrategy.Expedite;
            }

            yield return KillStrategy.Hold;
            yield return KillStrategy.Release;
            yield return KillStrategy.Signal;
        }
    }

    /// <summary>Tries the strategies in turn until one passes.</summary>
    /// <param name="tell">Hears every result.</param>
    /// <returns>The best that passed; null when not even a signal kills.</returns>
    internal KillStrategy? Best(Action<StrategyTestResult> tell)
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
    /// <param name="strategy">Any but Auto.</param>
    internal StrategyTestResult Try(KillStrategy strategy)
    {
        if (strategy == KillStrategy.Atomic && !Pidfd.KernelKnowsKillAndRelease())
        {
            return new StrategyTestResult(
                strategy, false, "this kernel does not know PROCESS_MRELEASE_REAP_KILL, which no released one does", "set kill.strategy to auto");
        }

        if (strategy == KillStrategy.Expedite && expediteFlag == 0)
        {
            return new StrategyTestResult(strategy, false, "kill.expediteFlag is 0", "set it to the flag that this kernel documents, or kill.strategy to auto");
        }

        try
        {
            // One unlucky moment on a busy node must not cost the best strategy for as long as the agent lives.
            StrategyTestResult result;
            var attempts = 0;
            do
            {
                using var child = StartVictim();
                result = OwnThread.Run(() => Kill(child.Id, strategy));
            }
            while (result.IsTransient && ++attempts < MostAttempts);

            return result;
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

    private StrategyTestResult Kill(int processId, KillStrategy strategy)
    {
        var root = FileDescriptor.OpenDirectory("/proc", out var error);
        if (!root.IsOpen)
        {
            throw new IOException($"cannot open /proc: {error}");
        }

        try
        {
            var proc = new ProcessFiles(root);
            using var killer = new Killer(proc, new ProcessGuard(proc, sparesAgents: false), 1, (uint)expediteFlag);
            var target = new KillTarget(CgroupDirectory.None, processId);

            // Kept from its exit, the child cannot free its memory itself: what is gone then was taken by the kernel.
            var steps = StrategySteps.Of(strategy);
            var isKept = (steps.KillsByRelease || steps.Expedites) && ExitHold.Seize(processId).IsNone;
            var before = proc.Statm(processId);
            var outcome = killer.Kill(target, strategy, 0, s_deadline);
            var left = isKept ? proc.Statm(processId) : default;
            LetGo(isKept ? processId : 0);
            if (!outcome.IsKilled)
            {
                return new StrategyTestResult(
                    strategy, false, $"the child was not killed: {outcome.Refusal}, {outcome.SignalError}", "run as root, or add CAP_KILL");
            }

            var process = killer.Processes[0];
            var relief = new Verifier(proc).Verify(target, outcome, default, ReliefProof.Process, s_deadline, killer);
            var judged = Judge(strategy, process, relief, outcome, killer.Errors);
            if (judged.Passed && isKept && left.Succeeded && left.Value > before.Value / ResidueDivisor)
            {
                return new StrategyTestResult(
                    strategy, false, $"the call left {left.Value} of the child's {before.Value} pages", "the kernel means something else by this flag; set kill.strategy to auto");
            }

            return judged;
        }
        finally
        {
            root.Close();
        }
    }

    private static void LetGo(int threadId)
    {
        var end = Stopwatch.GetTimestamp() + (long)(s_deadline.TotalSeconds * Stopwatch.Frequency);
        while (threadId != 0 && ExitHold.TryLetGo(threadId) == Errno.EAGAIN && Stopwatch.GetTimestamp() < end)
        {
            Thread.Sleep(1);
        }
    }

    private static StrategyTestResult Judge(
        KillStrategy strategy, in VictimProcess process, in ReliefResult relief, in KillOutcome outcome, KillErrors errors)
    {
        var steps = StrategySteps.Of(strategy);
        if (!relief.IsDead)
        {
            return new StrategyTestResult(strategy, false, "the child was not dead in time", "see whether a debugger or tracer holds the agent's children");
        }

        if (steps.Holds && process.HeldThread == 0 && process.HoldError == Errno.EBUSY)
        {
            return new StrategyTestResult(
                strategy, false, "the thread that holds got no turn in time", "start the agent again when the node is less busy, or add CAP_SYS_NICE", IsTransient: true);
        }

        if (steps.Holds && process.HeldThread == 0)
        {
            return new StrategyTestResult(
                strategy, false, $"ptrace(PTRACE_SEIZE) said {process.HoldError}", "see the checks of CAP_SYS_PTRACE, seccomp, Yama and AppArmor or SELinux");
        }

        if (steps.Expedites && errors.All().FirstOrDefault(error => error.Call == KillCall.Signal) is { Count: > 0 } refused)
        {
            return new StrategyTestResult(
                strategy, false, $"pidfd_send_signal with the flag said {refused.Error}", "this kernel does not know the flag; set kill.strategy to auto");
        }

        // Without the hold, ESRCH only means that the child won the race.
        var mayLoseRace = steps is { Holds: false, KillsByRelease: false } && process.ReleaseError == Errno.ESRCH;
        if (steps.Releases && !process.ReleaseError.IsNone && !mayLoseRace)
        {
            return new StrategyTestResult(
                strategy, false, $"process_mrelease said {process.ReleaseError}", "use Linux 5.15 or later; see the check of seccomp");
        }

        var microseconds = (relief.DeadAt - outcome.DecidedAt) * 1e6 / Stopwatch.Frequency;
        return new StrategyTestResult(
            strategy, true, string.Create(CultureInfo.InvariantCulture, $"a child died and was reaped in {microseconds / 1000:0.0} ms"), "");
    }
}
