using System.CommandLine;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using NodeReaper.Agent.Control;
using NodeReaper.Agent.Hosting;
using NodeReaper.Agent.Http;
using NodeReaper.Agent.Kubernetes;
using NodeReaper.Agent.Kubernetes.Api;
using NodeReaper.Agent.Kubernetes.Events;
using NodeReaper.Agent.Kubernetes.Eviction;
using NodeReaper.Agent.Kubernetes.Nodes;
using NodeReaper.Agent.Metrics;
using NodeReaper.Agent.Options;
using NodeReaper.Agent.Reporting;
using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Recording;
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
        var pods = new PodSourceOptions();
        var cgroupRoot = CommonOptions.CgroupRoot();
        var procRoot = CommonOptions.ProcRoot();
        var dryRun = new Option<bool>("--dry-run") { Description = "decide and report, but send no signal" };
        var incidents = new Option<string?>("--incidents") { Description = "append one JSON line for each incident to this file", HelpName = "FILE" };
        var records = new Option<string?>("--records") { Description = "write a record of each incident into this folder, for replay", HelpName = "DIR" };

        var command = new Command("run", "Watch this node, and kill and reap before it runs out of memory.")
        {
            config, node, cgroupRoot, procRoot, dryRun, incidents, records,
        };
        pods.AddTo(command);
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
                Record = policy.Record with { Directory = parsed.GetValue(records) ?? policy.Record.Directory },
            };
            var nodeName = parsed.GetValue(node) ?? Environment.GetEnvironmentVariable("NODE_NAME");
            RunSettings settings;
            try
            {
                settings = new RunSettings(
                    Amend(options.Policy),
                    nodeName,
                    pods.Choose(parsed, nodeName),
                    pods.ChooseApi(parsed),
                    parsed.GetValue(cgroupRoot)!,
                    parsed.GetValue(procRoot)!);
            }
            catch (ClusterAccessException error)
            {
                Console.Error.WriteLine($"nodereaper: {error.Message}");
                return ExitCode.BadArguments;
            }

            if (options.Node.Marks && nodeName is null)
            {
                Console.Error.WriteLine("nodereaper: node.condition and node.taint do nothing: the node's name is not known; give --node NAME or set NODE_NAME");
            }

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
        builder.Services.AddSingleton(_ => new FlightRecorder());
        builder.Services.AddSingleton<AgentStates>();
        builder.Services.AddSingleton<AgentMetrics>();
        builder.Services.AddSingleton<WorkloadKills>();
        builder.Services.AddSingleton<MetricsAtScrape>();
        builder.Services.AddSingleton<IReportSink, MetricsSink>();
        builder.Services.AddSingleton(services =>
        {
            var pressure = services.GetRequiredService<PressureService>();
            return new DryRunLedger(TimeProvider.System, () => pressure.Running?.Gauges.DryRunOverAt ?? 0);
        });
        builder.Services.AddSingleton<IReportSink>(services => services.GetRequiredService<DryRunLedger>());
        builder.Services.AddSingleton<RecentReports>();
        builder.Services.AddSingleton<IReportSink>(services => services.GetRequiredService<RecentReports>());
        builder.Services.AddSingleton<IReportSink, LogSink>();
        if (options.Kubelet is { TerminationMessages: true, Root: { } kubeletRoot })
        {
            // Before the incident file, which waits for the disk: the kubelet reads the message as soon as it sees the end.
            builder.Services.AddSingleton<IReportSink>(_ => new TerminationMessageSink(kubeletRoot));
        }

        if (settings.Policy.Report.IncidentFile is { } file)
        {
            builder.Services.AddSingleton<IReportSink>(_ => new IncidentFileSink(file, settings.Node, settings.Policy.Report.IncidentFileMaxBytes));
        }

        // Services stop in the opposite order: reports are drained after the last kill.
        AddApi(builder.Services, settings, options);
        builder.Services.AddHostedService<ReportService>();
        builder.Services.AddHostedService(services => new DegradationWatch(
            services.GetRequiredService<AgentMetrics>(),
            services.GetService<EventQueue>(),
            settings.Node,
            services.GetRequiredService<AgentStates>().Look,
            TimeProvider.System,
            services.GetRequiredService<ILogger<DegradationWatch>>()));
        if (settings.Policy.Record.Directory is not null)
        {
            builder.Services.AddHostedService<RecordService>();
        }

        AddPods(builder.Services, settings.Pods);
        if (config is not null)
        {
            builder.Services.AddHostedService(services => new PolicyWatcher(
                config,
                options,
                amend,
                services.GetRequiredService<PolicyBoard>(),
                TimeProvider.System,
                services.GetRequiredService<ILogger<PolicyWatcher>>()));
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

    private static void AddApi(IServiceCollection services, RunSettings settings, AgentOptions options)
    {
        services.AddSingleton(new ApiTimings());
        if (settings.Api is not { } access)
        {
            return;
        }

        services.AddSingleton(provider => new ApiClient(access, provider.GetRequiredService<ApiTimings>()));
        if (options.Events.Send)
        {
            services.AddSingleton(provider => new EventQueue(
                new EventFormat(settings.Node ?? Environment.MachineName),
                new EventSpool(options.Events.Folder),
                TimeProvider.System,
                () => provider.GetRequiredService<AgentMetrics>().Dropped.WithLabels(EventSender.Name).Inc()));
            services.AddSingleton(provider => new EventSink(provider.GetRequiredService<EventQueue>(), settings.Node));
            services.AddSingleton<IReportSink>(provider => provider.GetRequiredService<EventSink>());
            services.AddHostedService<EventSender>();
        }

        if (settings.Node is { } node)
        {
            AddNodeMarks(services, node, options);
        }

        if (options.AfterKill is { Evict: true } or { EvictAfter: > 0 })
        {
            services.AddSingleton(provider => new Evictor(
                provider.GetRequiredService<ApiClient>(),
                provider.GetRequiredService<ApiTimings>(),
                PendingEvictions.Beside(options.AfterKill.History),
                () => provider.GetRequiredService<PolicyBoard>().Newest.DryRun,
                settings.Node,
                TimeProvider.System,
                happened => provider.GetService<EventQueue>()?.Add(happened),
                provider.GetRequiredService<ILogger<Evictor>>()));
            services.AddHostedService(provider => provider.GetRequiredService<Evictor>());
            services.AddSingleton<IReportSink>(provider => new EvictionSink(
                options.AfterKill,
                new KillHistory(options.AfterKill.History, options.AfterKill.Window),
                provider.GetRequiredService<Evictor>().Begin));
        }
    }

    // Also where the policy wants no marks: an agent before this one may have left some.
    private static void AddNodeMarks(IServiceCollection services, string node, AgentOptions options)
    {
        var pressure = new SustainedPressure(options.Node.MarkAfter, options.Node.UnmarkAfter, TimeProvider.System);
        if (options.Node.Marks)
        {
            services.AddSingleton<IReportSink>(_ => new PressureSigns(pressure));
        }

        services.AddHostedService(provider => new NodeMarker(
            provider.GetRequiredService<ApiClient>(),
            node,
            options.Node,
            MarkNote.Beside(options.AfterKill.History, node),
            provider.GetRequiredService<ApiTimings>(),
            pressure,
            () => provider.GetRequiredService<PressureService>().Running?.Gauges.IsShort ?? false,
            () => provider.GetRequiredService<PolicyBoard>().Newest.DryRun,
            happened => provider.GetService<EventQueue>()?.Add(happened),
            TimeProvider.System,
            provider.GetRequiredService<ILogger<NodeMarker>>()));
    }

    private static void AddPods(IServiceCollection services, PodSourceChoice? choice)
    {
        switch (choice)
        {
            case PodSourceChoice.Folder folder:
                services.AddHostedService(provider => new PodManifestWatcher(
                    folder.Path,
                    provider.GetRequiredService<PodBoard>(),
                    provider.GetRequiredService<ILogger<PodManifestWatcher>>()));
                break;
            case PodSourceChoice.Api api:
                services.AddHostedService(provider => new ApiPodSource(
                    api.Node,
                    provider.GetRequiredService<ApiClient>(),
                    provider.GetRequiredService<ApiTimings>(),
                    provider.GetRequiredService<PodBoard>(),
                    ProblemsTo(provider),
                    provider.GetRequiredService<ILogger<ApiPodSource>>()));
                break;
            case PodSourceChoice.Kubelet kubelet:
                services.AddHostedService(provider => new KubeletPodSource(
                    new ApiClient(kubelet.Access, provider.GetRequiredService<ApiTimings>()),
                    provider.GetRequiredService<ApiTimings>(),
                    provider.GetRequiredService<PodBoard>(),
                    ProblemsTo(provider),
                    provider.GetRequiredService<ILogger<KubeletPodSource>>()));
                break;
            case null:
                break;
        }
    }

    private static Action<PodProblem>? ProblemsTo(IServiceProvider provider) =>
        provider.GetService<EventSink>() is { } events ? events.Tell : null;

    internal static void ConfigureLog(ILoggingBuilder logging, LogOptions log)
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
