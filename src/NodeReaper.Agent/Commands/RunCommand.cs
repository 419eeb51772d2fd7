using System.CommandLine;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using NodeReaper.Agent.Control;
using NodeReaper.Agent.Hosting;
using NodeReaper.Agent.Http;
using NodeReaper.Agent.Kubernetes;
using NodeReaper.Agent.Metrics;
using NodeReaper.Agent.Options;
using NodeReaper.Agent.Reporting;
using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Reporting;

namespace NodeReaper.Agent.Commands;

/// <summary><c>nodereaper run</c>: the agent.</summary>
internal static class RunCommand
{
    private const int ReportsWaiting = 64;
    private static readonly TimeSpan s_shutdown = TimeSpan.FromSeconds(1);

    internal static Command Create()
    {
        var config = CommonOptions.Config();
        var node = new Option<string?>("--node") { Description = "the node's name in reports (default: $NODE_NAME)", HelpName = "NAME" };
        var pods = CommonOptions.Pods();
        var cgroupRoot = CommonOptions.CgroupRoot();
        var procRoot = CommonOptions.ProcRoot();
        var dryRun = new Option<bool>("--dry-run") { Description = "decide and report, but send no signal" };
        var incidents = new Option<string?>("--incidents") { Description = "append one JSON line for each incident to this file", HelpName = "FILE" };

        var command = new Command("run", "Watch this node, and kill and reap before it runs out of memory.")
        {
            config, node, pods, cgroupRoot, procRoot, dryRun, incidents,
        };
        command.SetAction(async (parsed, cancellation) =>
        {
            var options = PolicyOptions.Load(parsed.GetValue(config));
            if (options is null)
            {
                return ExitCode.BadArguments;
            }

            // What the command line says holds over the file, whenever that is read again.
            ReapPolicy Amend(ReapPolicy policy) => policy with
            {
                DryRun = policy.DryRun || parsed.GetValue(dryRun),
                Report = policy.Report with { IncidentFile = parsed.GetValue(incidents) ?? policy.Report.IncidentFile },
            };
            var settings = new RunSettings(
                Amend(options.Policy),
                parsed.GetValue(node) ?? Environment.GetEnvironmentVariable("NODE_NAME"),
                parsed.GetValue(pods),
                parsed.GetValue(cgroupRoot)!,
                parsed.GetValue(procRoot)!);
            return await RunAsync(settings, parsed.GetValue(config), options, Amend, cancellation);
        });
        return command;
    }

    private static async Task<int> RunAsync(
        RunSettings settings, string? config, AgentOptions options, Func<ReapPolicy, ReapPolicy> amend, CancellationToken cancellation)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ApplicationName = "nodereaper" });
        ConfigureLog(builder.Logging, options.Log);
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = s_shutdown);
        builder.Services.AddSingleton(settings);
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton<PodBoard>();
        builder.Services.AddSingleton(new PolicyBoard(settings.Policy));
        builder.Services.AddSingleton(_ => new ReportRing(ReportsWaiting));
        builder.Services.AddSingleton<AgentMetrics>();
        builder.Services.AddSingleton<MetricsAtScrape>();
        builder.Services.AddSingleton<IReportSink, MetricsSink>();
        builder.Services.AddSingleton<RecentReports>();
        builder.Services.AddSingleton<IReportSink>(services => services.GetRequiredService<RecentReports>());
        builder.Services.AddSingleton<IReportSink, LogSink>();
        if (settings.Policy.Report.IncidentFile is { } file)
        {
            builder.Services.AddSingleton<IReportSink>(_ => new IncidentFileSink(file, settings.Node, settings.Policy.Report.IncidentFileMaxBytes));
        }

        // Services stop in the opposite order: reports are drained after the last kill.
        builder.Services.AddHostedService<ReportService>();
        if (settings.PodsDirectory is { } directory)
        {
            builder.Services.AddHostedService(services => new PodManifestWatcher(
                directory,
                snapshot => services.GetRequiredService<PodBoard>().Newest = snapshot,
                services.GetRequiredService<ILogger<PodManifestWatcher>>()));
        }

        if (config is not null)
        {
            builder.Services.AddHostedService(services => new PolicyWatcher(
                config, options, amend, services.GetRequiredService<PolicyBoard>(), services.GetRequiredService<ILogger<PolicyWatcher>>()));
        }

        builder.Services.AddSingleton<PressureService>();
        builder.Services.AddHostedService(services => services.GetRequiredService<PressureService>());
        if (options.Listen is { } listen)
        {
            builder.Services.AddSingleton(listen);
            builder.Services.AddHostedService<PublicServer>();
        }

        if (options.Socket is not null)
        {
            builder.Services.AddHostedService<ControlServer>();
        }

        using var host = builder.Build();
        var pressure = host.Services.GetRequiredService<PressureService>();
        await host.RunAsync(cancellation);
        return pressure.Failure is null ? ExitCode.Success : ExitCode.Failed;
    }

    private static void ConfigureLog(ILoggingBuilder logging, LogOptions log)
    {
        logging.SetMinimumLevel(log.Level);
        logging.AddFilter("Microsoft", LogLevel.Warning);
        if (log.Format == LogFormat.Json)
        {
            logging.AddJsonConsole(options => options.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ");
        }
        else
        {
            logging.AddSimpleConsole(options =>
            {
                options.SingleLine = true;
                options.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
                options.ColorBehavior = LoggerColorBehavior.Disabled;
            });
        }

        logging.Services.Configure<ConsoleFormatterOptions>(options => options.UseUtcTimestamp = true);
        logging.Services.Configure<SimpleConsoleFormatterOptions>(options => options.UseUtcTimestamp = true);
        logging.Services.Configure<JsonConsoleFormatterOptions>(options => options.UseUtcTimestamp = true);
    }
}
