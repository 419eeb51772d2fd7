using Microsoft.Extensions.Logging;
using NodeReaper.Agent.Http;
using NodeReaper.Agent.Options.Syntax;
using NodeReaper.Engine.Killing;
using NodeReaper.Engine.Planning;
using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Ranking;

namespace NodeReaper.Agent.Options;

/// <summary>
/// Every key of the policy file, in the order in which it is documented. To add one: a property of the policy, a line
/// here, one in <see cref="PolicyMeanings"/> and one in deploy/policy.yaml; then what <c>nodereaper config reference</c> prints goes into
/// docs/policy.md. The ranges are those of the properties.
/// </summary>
internal static class PolicyKeys
{
    private const int LabelLength = 63;
    private const int SubdomainLength = 253;

    private static readonly NameSyntax s_namespace = new("namespace", "namespaces", LabelLength);
    private static readonly NameSyntax s_namespaceOrAll = new("namespace", "namespaces", LabelLength, mayBeAll: true);
    private static readonly NameSyntax s_priorityClass = new("PriorityClass", "PriorityClasses", SubdomainLength);
    private static readonly NullableSyntax<MemoryAmount> s_amount = new(new AmountSyntax(PressurePolicy.MinAmountBytes));

    private static readonly ChoiceSyntax<KillStrategy> s_strategy = new(
        ("auto", KillStrategy.Auto),
        ("atomic", KillStrategy.Atomic),
        ("expedite", KillStrategy.Expedite),
        ("hold", KillStrategy.Hold),
        ("release", KillStrategy.Release),
        ("signal", KillStrategy.Signal));

    private static readonly ChoiceSyntax<LogLevel> s_level = new(
        ("debug", LogLevel.Debug), ("info", LogLevel.Information), ("warning", LogLevel.Warning), ("error", LogLevel.Error));

    internal static IReadOnlyList<PolicyKey> All { get; } =
    [
        Of("dryRun", new FlagSyntax(), p => p.DryRun, (p, value) => p with { DryRun = value }),
        Of(
            "dryRunNamespaces",
            new ListSyntax<string>(s_namespace, mayBeEmpty: true),
            p => p.DryRunNamespaces,
            (p, value) => p with { DryRunNamespaces = value }),

        OfPressure("killBelow", s_amount, p => p.KillBelow, (p, value) => p with { KillBelow = value }),
        OfPressure("recoverTo", s_amount, p => p.RecoverTo, (p, value) => p with { RecoverTo = value }),
        OfPressure("timeLeft", Duration(0, 10_000), p => p.TimeLeft, (p, value) => p with { TimeLeft = value }),
        OfPressure("useSwap", new FlagSyntax(), p => p.UseSwap, (p, value) => p with { UseSwap = value }),
        OfPressure("stall", Duration(0.001, 10_000), p => p.Stall, (p, value) => p with { Stall = value }),
        OfPressure("stallWindow", Duration(500, 10_000), p => p.StallWindow, (p, value) => p with { StallWindow = value }),
        OfPressure(
            "stallWithoutSwap", Duration(0, 600_000), p => p.StallWithoutSwap, (p, value) => p with { StallWithoutSwap = value }),
        OfPressure("stallWithSwap", Duration(0, 600_000), p => p.StallWithSwap, (p, value) => p with { StallWithSwap = value }),
        OfPressure("fullStall", Duration(0.001, 10_000), p => p.FullStall, (p, value) => p with { FullStall = value }),
        OfPressure("thrash", Duration(0, 600_000), p => p.Thrash, (p, value) => p with { Thrash = value }),
        OfPressure(
            "fastestFill",
            new BytesSyntax(1, BytesSyntax.Most, "/s"),
            p => p.FastestFillBytesPerSecond,
            (p, value) => p with { FastestFillBytesPerSecond = value }),
        OfPressure("slowestSample", Duration(10, 60_000), p => p.SlowestSample, (p, value) => p with { SlowestSample = value }),
        OfPressure("fastestSample", Duration(1, 1_000), p => p.FastestSample, (p, value) => p with { FastestSample = value }),

        OfStages("observe", s_amount, p => p.Observe, (p, value) => p with { Observe = value }),
        OfStages("reclaim", s_amount, p => p.Reclaim, (p, value) => p with { Reclaim = value }),
        OfStages("throttle", s_amount, p => p.Throttle, (p, value) => p with { Throttle = value }),
        OfStages(
            "throttleGrowth",
            new BytesSyntax(1, BytesSyntax.Most, "/s"),
            p => p.ThrottleGrowthBytesPerSecond,
            (p, value) => p with { ThrottleGrowthBytesPerSecond = value }),
        OfStages("terminate", s_amount, p => p.Terminate, (p, value) => p with { Terminate = value }),
        OfStages("grace", Duration(1000, 600_000), p => p.Grace, (p, value) => p with { Grace = value }),
        OfStages("maxGrace", Duration(0, 600_000), p => p.MaxGrace, (p, value) => p with { MaxGrace = value }),

        OfOwnLimit("kill", new FlagSyntax(), p => p.Kill, (p, value) => p with { Kill = value }),
        OfOwnLimit("stalledPercent", new IntegerSyntax(1, 100), p => p.StalledPercent, (p, value) => p with { StalledPercent = value }),
        OfOwnLimit("time", Duration(10_000, 3_600_000), p => p.Time, (p, value) => p with { Time = value }),

        OfProtect("namespaces", new ListSyntax<string>(s_namespace, mayBeEmpty: true), p => p.Namespaces, (p, value) => p with { Namespaces = value }),
        OfProtect(
            "priorityClasses",
            new ListSyntax<string>(s_priorityClass, mayBeEmpty: true),
            p => p.PriorityClasses,
            (p, value) => p with { PriorityClasses = value }),
        OfProtect("minPriority", new IntegerSyntax(int.MinValue, int.MaxValue), p => p.MinPriority, (p, value) => p with { MinPriority = value }),
        OfProtect("staticPods", new FlagSyntax(), p => p.StaticPods, (p, value) => p with { StaticPods = value }),

        OfWishes(
            "namespaces", new ListSyntax<string>(s_namespaceOrAll, mayBeEmpty: true), p => p.Namespaces, (p, value) => p with { Namespaces = value }),
        OfWishes(
            "priorityClasses",
            new ListSyntax<string>(s_priorityClass, mayBeEmpty: true),
            p => p.PriorityClasses,
            (p, value) => p with { PriorityClasses = value }),

        Of("ranking", new ListSyntax<RankingKey>(new RankingKeySyntax(), mayBeEmpty: false), p => p.Ranking, (p, value) => p with { Ranking = value }),

        OfPlan("maxVictims", new IntegerSyntax(1, 16), p => p.MaxVictims, (p, value) => p with { MaxVictims = value }),
        OfPlan("maxKills", new IntegerSyntax(1, KillBudget.Most), p => p.MaxKills, (p, value) => p with { MaxKills = value }),
        OfPlan("killWindow", Duration(1000, 3_600_000), p => p.KillWindow, (p, value) => p with { KillWindow = value }),
        OfPlan("minFreeable", new BytesSyntax(1, BytesSyntax.Most), p => p.MinFreeableBytes, (p, value) => p with { MinFreeableBytes = value }),

        OfKill("strategy", s_strategy, p => p.Strategy, (p, value) => p with { Strategy = value }),
        OfKill("expediteFlag", new IntegerSyntax(0, 1 << 30), p => p.ExpediteFlag, (p, value) => p with { ExpediteFlag = value }),
        OfKill("deadline", Duration(10, 60_000), p => p.Deadline, (p, value) => p with { Deadline = value }),
        OfKill("cooldown", Duration(0, 600_000), p => p.Cooldown, (p, value) => p with { Cooldown = value }),
        OfKill("reapers", new IntegerSyntax(1, 16), p => p.Reapers, (p, value) => p with { Reapers = value }),

        OfReport("incidentFile", new FileSyntax(), p => p.IncidentFile, (p, value) => p with { IncidentFile = value }),
        OfReport(
            "incidentFileMaxSize",
            new BytesSyntax(64 << 10, BytesSyntax.Most),
            p => p.IncidentFileMaxBytes,
            (p, value) => p with { IncidentFileMaxBytes = value }),

        OfRecord("directory", new FileSyntax("folder", "/var/lib/nodereaper/records"), p => p.Directory, (p, value) => p with { Directory = value }),
        OfRecord("maxFiles", new IntegerSyntax(1, 10_000), p => p.MaxFiles, (p, value) => p with { MaxFiles = value }),
        OfRecord("maxSize", new BytesSyntax(1 << 20, BytesSyntax.Most), p => p.MaxBytes, (p, value) => p with { MaxBytes = value }),
        OfRecord("before", Duration(0, 600_000), p => p.Before, (p, value) => p with { Before = value }),
        OfRecord("after", Duration(0, 600_000), p => p.After, (p, value) => p with { After = value }),

        new PolicyKey<bool>("events.send", new FlagSyntax(), o => o.Events.Send, (o, value) => o with { Events = o.Events with { Send = value } }),
        new PolicyKey<string?>(
            "events.folder",
            new FileSyntax("folder", "/var/lib/nodereaper/events"),
            o => o.Events.Folder,
            (o, value) => o with { Events = o.Events with { Folder = value } }),

        new PolicyKey<bool>(
            "kubelet.terminationMessages",
            new FlagSyntax(),
            o => o.Kubelet.TerminationMessages,
            (o, value) => o with { Kubelet = o.Kubelet with { TerminationMessages = value } }),
        new PolicyKey<string?>(
            "kubelet.root",
            new FileSyntax("folder", "/var/lib/kubelet"),
            o => o.Kubelet.Root,
            (o, value) => o with { Kubelet = o.Kubelet with { Root = value } }),

        OfAfterKill("evict", new FlagSyntax(), p => p.Evict, (p, value) => p with { Evict = value }),
        OfAfterKill("evictAfter", new IntegerSyntax(0, 100), p => p.EvictAfter, (p, value) => p with { EvictAfter = value }),
        OfAfterKill("window", Duration(60_000, 86_400_000), p => p.Window, (p, value) => p with { Window = value }),
        OfAfterKill(
            "history", new FileSyntax("file", "/var/lib/nodereaper/kills.json"), p => p.History, (p, value) => p with { History = value }),

        OfNode("condition", new FlagSyntax(), p => p.Condition, (p, value) => p with { Condition = value }),
        OfNode("taint", new FlagSyntax(), p => p.Taint, (p, value) => p with { Taint = value }),
        OfNode("markAfter", Duration(0, 3_600_000), p => p.MarkAfter, (p, value) => p with { MarkAfter = value }),
        OfNode("unmarkAfter", Duration(1000, 3_600_000), p => p.UnmarkAfter, (p, value) => p with { UnmarkAfter = value }),

        new PolicyKey<ListenAddress?>("http.listen", new ListenSyntax(), o => o.Listen, (o, value) => o with { Listen = value }),
        new PolicyKey<string?>("http.socket", new FileSyntax(), o => o.Socket, (o, value) => o with { Socket = value }),

        OfLog(
            "format",
            new ChoiceSyntax<LogFormat>(("text", LogFormat.Text), ("json", LogFormat.Json)),
            p => p.Format,
            (p, value) => p with { Format = value }),
        OfLog("level", s_level, p => p.Level, (p, value) => p with { Level = value }),
    ];

    private static DurationSyntax Duration(double minMilliseconds, double maxMilliseconds) =>
        new(TimeSpan.FromMilliseconds(minMilliseconds), TimeSpan.FromMilliseconds(maxMilliseconds));

    private static PolicyKey<T> Of<T>(string name, KeySyntax<T> syntax, Func<ReapPolicy, T> get, Func<ReapPolicy, T, ReapPolicy> set) =>
        new PolicyKey<T>(name, syntax, o => get(o.Policy), (o, value) => o with { Policy = set(o.Policy, value) });

    private static PolicyKey<T> OfPressure<T>(
        string name, KeySyntax<T> syntax, Func<PressurePolicy, T> get, Func<PressurePolicy, T, PressurePolicy> set) =>
        Of($"pressure.{name}", syntax, p => get(p.Pressure), (p, value) => p with { Pressure = set(p.Pressure, value) });

    private static PolicyKey<T> OfStages<T>(
        string name, KeySyntax<T> syntax, Func<StagePolicy, T> get, Func<StagePolicy, T, StagePolicy> set) =>
        Of($"stages.{name}", syntax, p => get(p.Stages), (p, value) => p with { Stages = set(p.Stages, value) });

    private static PolicyKey<T> OfOwnLimit<T>(
        string name, KeySyntax<T> syntax, Func<OwnLimitPolicy, T> get, Func<OwnLimitPolicy, T, OwnLimitPolicy> set) =>
        Of($"ownLimit.{name}", syntax, p => get(p.OwnLimit), (p, value) => p with { OwnLimit = set(p.OwnLimit, value) });

    private static PolicyKey<T> OfProtect<T>(
        string name, KeySyntax<T> syntax, Func<ProtectPolicy, T> get, Func<ProtectPolicy, T, ProtectPolicy> set) =>
        Of($"protect.{name}", syntax, p => get(p.Protect), (p, value) => p with { Protect = set(p.Protect, value) });

    private static PolicyKey<T> OfWishes<T>(
        string name, KeySyntax<T> syntax, Func<WishPolicy, T> get, Func<WishPolicy, T, WishPolicy> set) =>
        Of($"wishes.{name}", syntax, p => get(p.Wishes), (p, value) => p with { Wishes = set(p.Wishes, value) });

    private static PolicyKey<T> OfPlan<T>(
        string name, KeySyntax<T> syntax, Func<PlanPolicy, T> get, Func<PlanPolicy, T, PlanPolicy> set) =>
        Of($"plan.{name}", syntax, p => get(p.Plan), (p, value) => p with { Plan = set(p.Plan, value) });

    private static PolicyKey<T> OfKill<T>(
        string name, KeySyntax<T> syntax, Func<KillPolicy, T> get, Func<KillPolicy, T, KillPolicy> set) =>
        Of($"kill.{name}", syntax, p => get(p.Kill), (p, value) => p with { Kill = set(p.Kill, value) });

    private static PolicyKey<T> OfReport<T>(
        string name, KeySyntax<T> syntax, Func<ReportPolicy, T> get, Func<ReportPolicy, T, ReportPolicy> set) =>
        Of($"report.{name}", syntax, p => get(p.Report), (p, value) => p with { Report = set(p.Report, value) });

    private static PolicyKey<T> OfRecord<T>(
        string name, KeySyntax<T> syntax, Func<RecordPolicy, T> get, Func<RecordPolicy, T, RecordPolicy> set) =>
        Of($"record.{name}", syntax, p => get(p.Record), (p, value) => p with { Record = set(p.Record, value) });

    private static PolicyKey<T> OfAfterKill<T>(
        string name, KeySyntax<T> syntax, Func<AfterKillOptions, T> get, Func<AfterKillOptions, T, AfterKillOptions> set) =>
        new PolicyKey<T>($"afterKill.{name}", syntax, o => get(o.AfterKill), (o, value) => o with { AfterKill = set(o.AfterKill, value) });

    private static PolicyKey<T> OfNode<T>(
        string name, KeySyntax<T> syntax, Func<NodeOptions, T> get, Func<NodeOptions, T, NodeOptions> set) =>
        new PolicyKey<T>($"node.{name}", syntax, o => get(o.Node), (o, value) => o with { Node = set(o.Node, value) });

    private static PolicyKey<T> OfLog<T>(
        string name, KeySyntax<T> syntax, Func<LogOptions, T> get, Func<LogOptions, T, LogOptions> set) =>
        new PolicyKey<T>($"log.{name}", syntax, o => get(o.Log), (o, value) => o with { Log = set(o.Log, value) });
}
