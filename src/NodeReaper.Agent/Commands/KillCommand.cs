using System.CommandLine;
using System.Text.Json;
using NodeReaper.Agent.Kill;
using NodeReaper.Agent.Kubernetes;
using NodeReaper.Agent.Reporting;
using NodeReaper.Agent.SelfTest;
using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Killing;
using NodeReaper.Engine.Policy;
using NodeReaper.Kernel.Scheduling;

namespace NodeReaper.Agent.Commands;

/// <summary><c>nodereaper kill</c>: one expedited kill-and-reap by hand.</summary>
internal static class KillCommand
{
    internal static Command Create()
    {
        var pid = new Option<int?>("--pid") { Description = "the process to kill", HelpName = "N" };
        var cgroup = new Option<string?>("--cgroup") { Description = "the container's cgroup to kill, with all in it", HelpName = "DIR" };
        var strategy = new Option<string>("--strategy")
        {
            Description = "auto, hold (seize, kill, reap, let go), release (kill, reap), signal (SIGKILL only), atomic (the kernel's own, where it has it), "
                + "or expedite (by the policy's kill.expediteFlag)",
            DefaultValueFactory = _ => "auto",
        };
        strategy.AcceptOnlyFromAmong("auto", "atomic", "expedite", "hold", "release", "signal");
        var deadline = DurationOption.Create(
            "--deadline", TimeSpan.FromSeconds(2), TimeSpan.FromMilliseconds(1), TimeSpan.FromHours(1), "how long to wait for the proof");
        var output = CommonOptions.Output();
        var cgroupRoot = CommonOptions.CgroupRoot();
        var config = CommonOptions.Config();
        var pods = CommonOptions.PodsFolder();
        var socket = ControlOptions.Socket();
        socket.Description = "the running agent's socket: it is asked what it protects";

        var command = new Command("kill", "Kill one process or container, take its memory back, and prove it.")
        {
            pid, cgroup, strategy, deadline, output, cgroupRoot, config, pods, socket,
        };
        command.Validators.Add(result =>
        {
            if ((result.GetValue(pid) is null) == (result.GetValue(cgroup) is null))
            {
                result.AddError("give one of --pid N and --cgroup DIR");
            }
            else if (result.GetValue(pid) is <= 0)
            {
                result.AddError("--pid: a process ID is above 0");
            }
        });
        command.SetAction(parsed =>
        {
            if (!Enum.TryParse<KillStrategy>(parsed.GetValue(strategy), ignoreCase: true, out var wanted))
            {
                return ExitCode.BadArguments;
            }

            if (PolicyOptions.Load(parsed.GetValue(config)) is not { } options)
            {
                return ExitCode.BadArguments;
            }

            var protectedPods = new ProtectedPods(
                options.Policy,
                parsed.GetValue(pods) is { } folder ? PodFolder.Read(folder, "kill") : PodSnapshot.Empty,
                RunningAgent.At(parsed.GetValue(socket)!));
            var report = OwnThread.Run(() => Run(
                parsed.GetValue(pid), parsed.GetValue(cgroup), wanted, parsed.GetValue(deadline), parsed.GetValue(cgroupRoot)!, options.Policy.Kill, protectedPods));
            Print(report, parsed.GetValue(output) == "json");
            return report.Outcome switch
            {
                "freed" => ExitCode.Success,
                "incomplete" => ExitCode.Incomplete,
                "refused" => ExitCode.Refused,
                _ => ExitCode.Failed,
            };
        });
        return command;
    }

    private static KillReport Run(
        int? pid, string? cgroup, KillStrategy wanted, TimeSpan deadline, string cgroupRoot, KillPolicy policy, ProtectedPods protectedPods)
    {
        if (wanted is KillStrategy.Atomic or KillStrategy.Expedite && new StrategySelfTest(policy.ExpediteFlag).Try(wanted) is { Passed: false } failed)
        {
            return new KillReport
            {
                Target = cgroup ?? $"pid {pid}",
                Strategy = CamelCase.Of(wanted),
                Outcome = "failed",
                Reason = $"{failed.Detail}; take --strategy auto",
            };
        }

        _ = KillPathThread.Prefer();
        _ = SelfProtection.RaiseOpenFiles(Killer.OpenFiles);
        using var kill = new ManualKill(policy, protectedPods);
        var strategy = wanted == KillStrategy.Auto ? StrategyProbe.Best() : wanted;
        return cgroup is not null
            ? kill.KillCgroup(cgroup, strategy, deadline)
            : kill.KillProcess(pid!.Value, cgroupRoot, strategy, deadline);
    }

    private static void Print(KillReport report, bool asJson)
    {
        if (asJson)
        {
            Console.WriteLine(JsonSerializer.Serialize(report, KillReportJson.Default.KillReport));
            return;
        }

        if (report.Outcome is "refused" or "failed")
        {
            Console.Error.WriteLine($"nodereaper kill: {report.Target}: {report.Outcome}: {report.Reason}");
            return;
        }

        Console.WriteLine(
            $"{report.Target}: {report.ProcessCount} process(es), strategy {report.Strategy}: {ByteText.Of(report.BytesFreed)} of "
            + $"{ByteText.Of(report.BytesBefore)} back after {Milliseconds(report.FreedMicroseconds)}, dead after {Milliseconds(report.DeadMicroseconds)}");
        if (report.Reason is not null)
        {
            Console.WriteLine(
                $"{report.Reason}; left: anon {ByteText.Of(report.BytesLeft.Anon)}, shmem {ByteText.Of(report.BytesLeft.Shmem)}, "
                + $"file {ByteText.Of(report.BytesLeft.File)}, kernel {ByteText.Of(report.BytesLeft.Kernel)}");
        }
    }

    private static string Milliseconds(double? microseconds) =>
        microseconds is { } us ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{us / 1000:0.00} ms") : "(not by the deadline)";
}
