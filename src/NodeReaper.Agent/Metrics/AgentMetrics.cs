using NodeReaper.Agent.Kubernetes.Events;
using NodeReaper.Agent.Reporting;
using NodeReaper.Engine.Assessment;
using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Killing;
using NodeReaper.Engine.Reporting;
using NodeReaper.Kernel.Syscalls;
using Prometheus;

namespace NodeReaper.Agent.Metrics;

/// <summary>
/// Every metric of the agent, in a registry of its own. Those worth an alert are there from the start with all their label values, at 0: a
/// rate over a counter that appears with its first event misses that event. No label names a Pod.
/// </summary>
internal sealed class AgentMetrics
{
    // 10 microseconds to 10 seconds.
    private static readonly double[] s_buckets =
        [1e-5, 2.5e-5, 5e-5, 1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3, 5e-3, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    private static readonly string[] s_outcomes = ["freed", "incomplete", "refused", "failed"];
    private static readonly string[] s_stages = ["observed", "reclaimed", "throttled", "unthrottled", "terminated"];

    private static readonly Errno[] s_releaseResults =
        [Errno.None, Errno.ESRCH, Errno.EINVAL, Errno.EAGAIN, Errno.EINTR, Errno.ENOSYS, Errno.EPERM, Errno.EBADF];

    // What the kernel answers on an ordinary day, as docs/ARCHITECTURE.md says who owns it.
    private static readonly (KillCall Call, Errno[] Errors)[] s_usualErrors =
    [
        (KillCall.Open, [Errno.ESRCH]),
        (KillCall.Seize, [Errno.EPERM, Errno.ESRCH]),
        (KillCall.CgroupKill, [Errno.ENOENT]),
        (KillCall.Signal, [Errno.ESRCH, Errno.EPERM]),
        (KillCall.Release, [Errno.ESRCH, Errno.EINVAL, Errno.EAGAIN, Errno.EINTR]),
        (KillCall.LetGo, [Errno.ESRCH]),
        (KillCall.Urge, [Errno.EPERM]),
    ];

    private readonly MetricFactory _factory;

    public AgentMetrics()
    {
        _factory = Prometheus.Metrics.WithCustomRegistry(Registry);
        Kills = Counter("kills_total", "Victims killed, or refused at the last look: each a container, its largest process or its whole Pod, as its kill-scope says.", "strategy", "outcome", "trigger", "qos_class");
        FreedBytes = Counter("freed_bytes_total", "Bytes proven back after kills.");
        DetectToSignal = Histogram("detect_to_signal_seconds", "From the reading of the signals to the SIGKILL of the first victim that they cost.");
        SignalToFreed = Histogram("signal_to_freed_seconds", "From the victim's SIGKILL to the proof that its memory is back.");
        ReleaseResults = Counter("release_results_total", "What process_mrelease answered, by errno name.", "result");
        KernelOomKills = Counter("kernel_oom_kills_total", "Processes that the kernel's OOM killer took for the node's sake.");
        OwnLimitOomKills = Counter(
            "own_limit_oom_kills_total", "Processes that the kernel's OOM killer took at a limit of their container, their Pod or their service: not for the node's sake.");
        WouldKill = Counter("would_kill_total", "Containers that a dry run would have killed.", "trigger", "qos_class");
        DryRunEpisodes = Counter(
            "dry_run_episodes_total", "Shortages in which somebody would have been killed, and what became of them without that.", "verdict");
        WithoutVictim = Counter("shortages_without_victim_total", "Shortages in which nobody might be killed.");
        Capped = Counter("capped_total", "Shortages in which the cap on kills was reached.");
        Stages = Counter("stage_actions_total", "What was done before anybody was killed.", "stage");
        Livelocks = Counter("livelocks_total", "Containers found standing still at their own limit, and left alive.");
        AttributedStalls = Counter("stalls_attributed_total", "Stalls that were found to be those of containers or services at limits of their own, or the kernel's alone; nobody died for them.");
        Dropped = Counter("events_dropped_total", "Reports that were lost, by the sink that lost them.", "sink");
        KernelErrors = Counter("kernel_errors_total", "Errors that the kernel answered on the kill path, repaired ones too.", "call", "errno");
        PressureStall = Counter("pressure_stall_seconds_total", "Time in which some task (waiting) or all tasks (stalled) of the node waited for memory.", "kind");
        ReadingFailures = Counter("reading_failures_total", "Readings of the node's signals that failed.");
        CpuSeconds = Counter("cpu_seconds_total", "CPU time of the agent.");
        Candidates = Gauge("candidates", "Containers at the last look: those that may be killed, and why the others may not.", "state");
        PendingRelease = Gauge("pending_release_bytes", "What victims that are not gone are still giving back.");
        HeldVictims = Gauge("held_victims", "Victims that are seized and have not reached their exit.");
        QuarantinedVictims = Gauge("quarantined_victims", "Containers that were killed, and whose processes are not all gone, or whose memory is not back.");
        Available = Gauge("memory_available_bytes", "MemAvailable at the last sample.");
        KillBelow = Gauge("memory_kill_below_bytes", "The threshold of the node.");
        SwapToSpare = Gauge("memory_swap_to_spare_bytes", "Free swap that is of use while that keeps the threshold from counting; 0 once swap is spent.");
        RecoverTo = Gauge("memory_recover_to_bytes", "What the node is to have again after a kill.");
        Shortage = Gauge("memory_shortage_bytes", "What the node, or the slice above the Pods that is shortest at a limit of its own, is short of; 0 when it is not short.", "place");
        Degraded = Gauge("degraded", "1 while the agent protects less well than it could, by what it cannot do well; else 0.", "reason");
        WorkloadKills = Gauge("workload_kills_last_hour", "The most kills of one workload on this node within the last hour, by this agent since it began.");
        PodSnapshotAge = _factory.CreateGauge(
            "nodereaper_pod_snapshot_age_seconds",
            "How long ago the Pods were last known to be as they are, or the agent began; absent without a source of Pods.",
            new GaugeConfiguration { SuppressInitialValue = true });
        LoopAge = Gauge("watch_loop_age_seconds", "How long ago the pressure thread last went round.");
        WatchHealthy = Gauge("watch_healthy", "1 while the pressure thread goes round as the policy lets it, as /healthz says; else 0.");
        ResidentBytes = Gauge("resident_memory_bytes", "Resident memory of the agent.");
        Build = Gauge("build_info", "1; the version, and the strategy that passed its self-test.", "version", "strategy");
        BeginAtZero();
    }

    internal CollectorRegistry Registry { get; } = Prometheus.Metrics.NewCustomRegistry();

    internal Counter Kills { get; }

    internal Counter FreedBytes { get; }

    internal Histogram DetectToSignal { get; }

    internal Histogram SignalToFreed { get; }

    internal Counter ReleaseResults { get; }

    internal Counter KernelOomKills { get; }

    internal Counter OwnLimitOomKills { get; }

    internal Counter WouldKill { get; }

    internal Counter DryRunEpisodes { get; }

    internal Counter WithoutVictim { get; }

    internal Counter Capped { get; }

    internal Counter Stages { get; }

    internal Counter Livelocks { get; }

    internal Counter AttributedStalls { get; }

    internal Counter Dropped { get; }

    internal Counter KernelErrors { get; }

    internal Counter PressureStall { get; }

    internal Counter ReadingFailures { get; }

    internal Counter CpuSeconds { get; }

    internal Gauge Candidates { get; }

    internal Gauge PendingRelease { get; }

    internal Gauge HeldVictims { get; }

    internal Gauge QuarantinedVictims { get; }

    internal Gauge Available { get; }

    internal Gauge KillBelow { get; }

    internal Gauge SwapToSpare { get; }

    internal Gauge RecoverTo { get; }

    internal Gauge Shortage { get; }

    internal Gauge Degraded { get; }

    internal Gauge WorkloadKills { get; }

    internal Gauge PodSnapshotAge { get; }

    internal Gauge LoopAge { get; }

    internal Gauge WatchHealthy { get; }

    internal Gauge ResidentBytes { get; }

    internal Gauge Build { get; }

    private static IEnumerable<string> Triggers => ShortageSignals.All.Select(signal => signal.Name).Append("terminate").Append(Occasion.OwnLimit);

    /// <summary>Every kill that the strategy can lead to, at 0.</summary>
    internal void BeginAtZero(KillStrategy strategy)
    {
        foreach (var outcome in s_outcomes)
        {
            foreach (var trigger in Triggers)
            {
                foreach (var qosClass in Enum.GetNames<QosClass>())
                {
                    Kills.WithLabels(CamelCase.Of(strategy), outcome, trigger, qosClass).Inc(0);
                }
            }
        }
    }

    /// <summary>The reports lost by each sink, at 0.</summary>
    internal void BeginAtZero(IEnumerable<IReportSink> sinks)
    {
        foreach (var sink in sinks)
        {
            Dropped.WithLabels(sink.Name).Inc(0);
        }
    }

    private void BeginAtZero()
    {
        foreach (var (call, errors) in s_usualErrors)
        {
            foreach (var error in errors)
            {
                KernelErrors.WithLabels(CamelCase.Of(call), error.Name).Inc(0);
            }
        }

        foreach (var reason in Degradation.Reasons)
        {
            Degraded.WithLabels(reason).Set(0);
        }

        foreach (var result in s_releaseResults)
        {
            ReleaseResults.WithLabels(result.Name).Inc(0);
        }

        foreach (var trigger in Triggers)
        {
            foreach (var qosClass in Enum.GetNames<QosClass>())
            {
                WouldKill.WithLabels(trigger, qosClass).Inc(0);
            }
        }

        foreach (var stage in s_stages)
        {
            Stages.WithLabels(stage).Inc(0);
        }
    }

    private Counter Counter(string name, string help, params string[] labels) => _factory.CreateCounter($"nodereaper_{name}", help, labels);

    private Gauge Gauge(string name, string help, params string[] labels) => _factory.CreateGauge($"nodereaper_{name}", help, labels);

    private Histogram Histogram(string name, string help) =>
        _factory.CreateHistogram($"nodereaper_{name}", help, new HistogramConfiguration { Buckets = s_buckets });
}
