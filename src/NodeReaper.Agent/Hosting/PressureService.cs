using System.Diagnostics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using NodeReaper.Agent.Doctor;
using NodeReaper.Agent.Reporting;
using NodeReaper.Agent.SelfTest;
using NodeReaper.Engine;
using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Killing;
using NodeReaper.Engine.Pressure;
using NodeReaper.Engine.Recording;
using NodeReaper.Engine.Reporting;
using NodeReaper.Engine.Stages;
using NodeReaper.Engine.Verification;
using NodeReaper.Kernel.Pressure;
using NodeReaper.Kernel.Procfs;
using NodeReaper.Kernel.Scheduling;
using NodeReaper.Kernel.Syscalls;

namespace NodeReaper.Agent.Hosting;

/// <summary>
/// Owns the pressure thread: builds the engine on it, protects the agent itself, runs the watch, and tells at the end
/// what was done.
/// </summary>
internal sealed partial class PressureService(
    RunSettings settings,
    PodBoard pods,
    PolicyBoard policies,
    ReportRing reports,
    FlightRecorder recorder,
    IHostApplicationLifetime lifetime,
    ILogger<PressureService> logger) : IHostedService
{
    private const int OomScoreAdjustment = -999;
    private const int StopMilliseconds = 900;
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile RunningEngine? _running;
    private volatile bool _isStopping;
    private Thread? _thread;

    /// <summary>What is running now; null before the watch begins and after it ends.</summary>
    internal RunningEngine? Running => _running;

    /// <summary>What went wrong for good; null while all is well.</summary>
    internal string? Failure { get; private set; }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _thread = new Thread(Work) { Name = "pressure", IsBackground = true };
        _thread.Start();
        return _started.Task;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        _isStopping = true;
        _running?.Watch.Stop();

        // If the thread does not come back in time, the process's end lets go of what it holds.
        if (_thread?.Join(StopMilliseconds) == false)
        {
            StoppedLate(logger);
        }

        return Task.CompletedTask;
    }

    private void Work()
    {
        try
        {
            if (!CanProtect())
            {
                return;
            }

            Protect();
            var strategy = ChooseStrategy();
            if (strategy is { } chosen && !_isStopping)
            {
                Watch(chosen);
            }
        }
        catch (IOException error)
        {
            Fail(error.Message);
        }
        finally
        {
            _started.TrySetResult();
        }
    }

    // Each thing that makes protection impossible, in a line of its own, as doctor would say it.
    private bool CanProtect()
    {
        var failed = DoctorChecks.Environment(settings.CgroupRoot, settings.ProcRoot, settings.Policy)
            .Where(check => check.Status == DoctorStatus.Failed)
            .ToList();
        failed.ForEach(check => Fail($"{check.Name}: {check.Detail}; {check.Fix}"));
        return failed.Count == 0;
    }

    private void Protect()
    {
        Tell("memory locked", SelfProtection.LockMemory(), "pages of the agent may be reclaimed when it needs them; add CAP_IPC_LOCK");
        Tell(
            $"oom_score_adj {OomScoreAdjustment}",
            SelfProtection.SetOomScoreAdjustment(OomScoreAdjustment),
            "the kernel's OOM killer may take the agent; add CAP_SYS_RESOURCE");
        Tell(
            $"room for {Killer.OpenFiles} open files",
            SelfProtection.RaiseOpenFiles(Killer.OpenFiles),
            "of containers with many processes, fewer are followed one by one; raise LimitNOFILE, or add CAP_SYS_RESOURCE");
        var (realTime, nice) = KillPathThread.Prefer();
        Tell("kill threads at real-time priority", realTime, nice.IsNone ? "they run at nice -20 instead; add CAP_SYS_NICE" : "they run at normal priority; add CAP_SYS_NICE");
    }

    private void Tell(string step, Errno error, string consequence)
    {
        if (error.IsNone)
        {
            Protected(logger, step);
        }
        else
        {
            NotProtected(logger, step, error.Name, consequence);
        }
    }

    private KillStrategy? ChooseStrategy()
    {
        var wanted = settings.Policy.Kill.Strategy;
        var test = new StrategySelfTest(settings.Policy.Kill.ExpediteFlag);
        if (wanted != KillStrategy.Auto)
        {
            var result = test.Try(wanted);
            TellTest(result);
            if (result.Passed)
            {
                return wanted;
            }
        }

        if (test.Best(TellTest) is { } best)
        {
            return best;
        }

        Fail("no kill strategy passed its self-test; run 'nodereaper doctor'");
        return null;
    }

    private void TellTest(StrategyTestResult result)
    {
        if (result.Passed)
        {
            StrategyPassed(logger, CamelCase.Of(result.Strategy), result.Detail);
        }
        else
        {
            StrategyFailed(logger, CamelCase.Of(result.Strategy), result.Detail, result.Fix);
        }
    }

    private void Watch(KillStrategy strategy)
    {
        var policy = settings.Policy;
        using var tree = new KubepodsTree(settings.CgroupRoot);
        using var node = new NodePressure(settings.ProcRoot, policy.Pressure.StallWindow);
        using var some = OpenStallAlarm(PsiKind.Some);
        using var full = OpenStallAlarm(PsiKind.Full);
        var root = FileDescriptor.OpenDirectory(settings.ProcRoot, out var error);
        if (!root.IsOpen)
        {
            throw new IOException($"cannot open {settings.ProcRoot}: {error}; set --proc-root to where proc is mounted");
        }

        var proc = new ProcessFiles(root);
        var guard = new ProcessGuard(proc);
        using var killer = new Killer(proc, guard, policy.Kill.Reapers, (uint)policy.Kill.ExpediteFlag);
        var roles = new ContainerRoles(guard);
        using var cycle = new ReapCycle(
            policy,
            strategy,
            node,
            tree,
            new CandidateCollector(roles),
            killer,
            new Verifier(proc),
            new MainProcess(proc, roles, killer.Errors),
            reports,
            () => pods.Newest)
        {
            Recorder = recorder,
        };
        using var watch = new PressureWatch(() => policies.Newest, some, full, node, tree, cycle);
        if (some is not null && !watch.HasStallAlarm)
        {
            NoStallAlarm(logger, "the kernel refused to wait for it", "MemAvailable alone is watched");
        }

        _running = new RunningEngine(watch, cycle.Gauges, killer.Errors, strategy, Stopwatch.GetTimestamp());
        if (!node.Read(policy.Pressure))
        {
            throw new IOException($"{settings.ProcRoot}/meminfo does not read as /proc/meminfo does");
        }

        watch.Discover();
        cycle.LookAround();
        var limits = PressureLimits.Of(policy.Pressure, node.Last.Memory, false);
        Watching(
            logger,
            tree.Containers.Length,
            tree.TreeCount == 0 ? "no kubepods tree yet" : string.Join(", ", tree.Trees),
            ByteText.Of(limits.KillBelowBytes),
            node.Last.IsSwapSpent(limits) ? "" : " once swap is spent",
            ByteText.Of(limits.RecoverToBytes),
            CamelCase.Of(strategy),
            policy.DryRun ? "dry run" : "live");
        if (RaisedRecovery.Warning(policy.Pressure, node.Last.Memory) is { } warning)
        {
            RecoveryRaised(logger, warning);
        }

        _started.TrySetResult();
        if (!_isStopping)
        {
            watch.Run();
        }

        // From here on there is nothing to stop.
        _running = null;
        root.Close();
        TellEnd(cycle.Totals, killer);
    }

    private PsiTrigger? OpenStallAlarm(PsiKind kind)
    {
        var path = Path.Combine(settings.ProcRoot, "pressure", "memory");
        var pressure = settings.Policy.Pressure;
        var stall = kind == PsiKind.Some ? pressure.Stall : pressure.FullStall;
        var alarm = PsiTrigger.Open(path, kind, (int)stall.TotalMicroseconds, (int)pressure.StallWindow.TotalMicroseconds, out var error);
        if (alarm is null && kind == PsiKind.Some)
        {
            NoStallAlarm(logger, $"{path}: {error}", $"MemAvailable alone is watched; {PressureAdvice.For(error, Confinement.Read(settings.ProcRoot))}");
        }

        return alarm;
    }

    private void TellEnd(in CycleTotals totals, Killer killer)
    {
        var held = killer.HeldCount;
        var errors = string.Join(", ", killer.Errors.All().Select(error => $"{CamelCase.Of(error.Call)} {error.Error} {error.Count} x"));
        if (errors.Length > 0)
        {
            KernelErrors(logger, errors);
        }

        if (policies.Newest.DryRun)
        {
            StoppedDryRun(logger, totals.DryRunKills, totals.WithoutVictim);
        }
        else
        {
            var holds = held == 0 ? "no victim is held" : $"{held} held thread(s), not yet at their exit, are let go now";
            Stopped(logger, totals.Kills, ByteText.Of(totals.FreedBytes), totals.WithoutVictim, holds);
        }
    }

    private void Fail(string why)
    {
        Failure = why;
        Failed(logger, why);
        lifetime.StopApplication();
    }

    [LoggerMessage(EventId = 1, EventName = "Watching", Level = LogLevel.Information,
        Message = "watching {Containers} container(s) in {Trees}; kills below {KillBelow} available{OnceSwapIsSpent}, recovers to {RecoverTo}, strategy {Strategy}, {Mode}")]
    private static partial void Watching(
        ILogger logger, int containers, string trees, string killBelow, string onceSwapIsSpent, string recoverTo, string strategy, string mode);

    [LoggerMessage(EventId = 2, EventName = "Protected", Level = LogLevel.Information, Message = "{Step}")]
    private static partial void Protected(ILogger logger, string step);

    [LoggerMessage(EventId = 3, EventName = "NotProtected", Level = LogLevel.Warning, Message = "not {Step}: {Error}; {Consequence}")]
    private static partial void NotProtected(ILogger logger, string step, string error, string consequence);

    [LoggerMessage(EventId = 4, EventName = "StrategyPassed", Level = LogLevel.Information, Message = "strategy {Strategy} passed its self-test: {Detail}")]
    private static partial void StrategyPassed(ILogger logger, string strategy, string detail);

    [LoggerMessage(EventId = 5, EventName = "StrategyFailed", Level = LogLevel.Warning, Message = "strategy {Strategy} failed its self-test: {Detail}; {Fix}")]
    private static partial void StrategyFailed(ILogger logger, string strategy, string detail, string fix);

    [LoggerMessage(EventId = 6, EventName = "NoStallAlarm", Level = LogLevel.Warning, Message = "no PSI alarm: {Reason}; {Consequence}")]
    private static partial void NoStallAlarm(ILogger logger, string reason, string consequence);

    [LoggerMessage(EventId = 7, EventName = "Stopped", Level = LogLevel.Information,
        Message = "stopped: {Kills} kill(s), {Freed} back, {WithoutVictim} shortage(s) without a victim; {Holds}")]
    private static partial void Stopped(ILogger logger, long kills, string freed, long withoutVictim, string holds);

    [LoggerMessage(EventId = 8, EventName = "StoppedDryRun", Level = LogLevel.Information,
        Message = "stopped: {Kills} kill(s) in a dry run, {WithoutVictim} shortage(s) without a victim")]
    private static partial void StoppedDryRun(ILogger logger, long kills, long withoutVictim);

    [LoggerMessage(EventId = 9, EventName = "StoppedLate", Level = LogLevel.Warning, Message = "the pressure thread did not stop in time; the process ends without it")]
    private static partial void StoppedLate(ILogger logger);

    [LoggerMessage(EventId = 11, EventName = "KernelErrors", Level = LogLevel.Information, Message = "errors that the kernel answered on the kill path: {Errors}")]
    private static partial void KernelErrors(ILogger logger, string errors);

    [LoggerMessage(EventId = 12, EventName = "RecoveryRaised", Level = LogLevel.Warning, Message = "{Warning}")]
    private static partial void RecoveryRaised(ILogger logger, string warning);

    [LoggerMessage(EventId = 10, EventName = "Failed", Level = LogLevel.Critical, Message = "{Why}")]
    private static partial void Failed(ILogger logger, string why);
}
