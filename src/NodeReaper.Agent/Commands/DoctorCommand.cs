using System.CommandLine;
using System.Text.Json;
using NodeReaper.Agent.Doctor;
using NodeReaper.Agent.Kubernetes.Api;
using NodeReaper.Agent.Options;
using NodeReaper.Agent.Reporting;
using NodeReaper.Agent.SelfTest;
using NodeReaper.Engine.Killing;

namespace NodeReaper.Agent.Commands;

/// <summary><c>nodereaper doctor</c>: would protection work here, and if not, what to do.</summary>
internal static class DoctorCommand
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    internal static Command Create()
    {
        var output = CommonOptions.Output();
        var cgroupRoot = CommonOptions.CgroupRoot();
        var procRoot = CommonOptions.ProcRoot();
        var pods = new PodSourceOptions();
        var config = CommonOptions.Config();
        var command = new Command("doctor", "Check the kernel, PSI, cgroups, rights and kill strategies; name each problem with its fix.")
        {
            output, cgroupRoot, procRoot, config,
        };
        pods.AddTo(command);
        command.SetAction(async (parsed, cancellation) =>
        {
            if (PolicyOptions.Load(parsed.GetValue(config)) is not { } options)
            {
                return ExitCode.BadArguments;
            }

            var cluster = await ClusterAsync(pods, parsed, options, cancellation);
            var report = Examine(parsed.GetValue(cgroupRoot)!, parsed.GetValue(procRoot)!, options, cluster);
            Print(report, parsed.GetValue(output) == "json");
            return report.WouldProtect ? ExitCode.Success : ExitCode.Failed;
        });
        return command;
    }

    private static DoctorReport Examine(string cgroupRoot, string procRoot, AgentOptions options, IReadOnlyList<DoctorCheck> cluster)
    {
        var test = new StrategySelfTest(options.Policy.Kill.ExpediteFlag);
        List<DoctorCheck> checks =
        [
            .. DoctorChecks.Environment(cgroupRoot, procRoot, options.Policy),
            .. FolderChecks.All(options, talksToCluster: cluster.Count > 0),
            .. test.Tried.Select(strategy => Describe(test.Try(strategy))),
            .. cluster,
        ];
        return new DoctorReport(checks.TrueForAll(check => check.Status != DoctorStatus.Failed), checks);
    }

    private static async Task<IReadOnlyList<DoctorCheck>> ClusterAsync(
        PodSourceOptions pods, ParseResult parsed, AgentOptions options, CancellationToken cancellation)
    {
        var timings = new ApiTimings { Request = s_patience };
        try
        {
            // Which node's Pods they would be does not matter here.
            var source = pods.Choose(parsed, "any");
            var api = pods.ChooseApi(parsed);
            return
            [
                .. source is PodSourceChoice.Kubelet kubelet ? [await ClusterChecks.KubeletAsync(kubelet.Access, timings, cancellation)] : (DoctorCheck[])[],
                .. api is null ? [] : await ClusterChecks.AllAsync(api, options, source is PodSourceChoice.Api, timings, cancellation),
            ];
        }
        catch (ClusterAccessException error)
        {
            return [DoctorCheck.Warning("API server", error.Message, "see docs/cluster.md")];
        }
    }

    private static DoctorCheck Describe(StrategyTestResult result)
    {
        var name = $"strategy {CamelCase.Of(result.Strategy)}";
        if (result.Passed)
        {
            return DoctorCheck.Ok(name, result.Detail);
        }

        // Without the best ones the next is taken; without a signal there is nothing.
        return result.Strategy == KillStrategy.Signal
            ? DoctorCheck.Failed(name, result.Detail, result.Fix)
            : DoctorCheck.Warning(name, result.Detail, result.Fix);
    }

    private static void Print(DoctorReport report, bool asJson)
    {
        if (asJson)
        {
            Console.WriteLine(JsonSerializer.Serialize(report, DoctorJson.Default.DoctorReport));
            return;
        }

        foreach (var check in report.Checks)
        {
            var status = check.Status switch
            {
                DoctorStatus.Ok => "ok  ",
                DoctorStatus.Warning => "warn",
                _ => "FAIL",
            };
            Console.WriteLine($"{status}  {check.Name,-18} {check.Detail}{(check.Fix is null ? "" : $"; fix: {check.Fix}")}");
        }

        Console.WriteLine(report.WouldProtect ? "doctor: this node can be protected" : "doctor: this node would NOT be protected");
    }
}
