using Microsoft.Extensions.Logging;
using NodeReaper.Agent.Options;
using NodeReaper.Engine.Killing;
using NodeReaper.Engine.Policy;

namespace NodeReaper.Agent.Tests.Options;

public sealed class PolicyFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("")]
    [InlineData("\n\n")]
    [InlineData("# nothing but a comment")]
    [InlineData("---\n")]
    [InlineData("{}")]
    [InlineData("pressure:\n  # stall: 1s\nkill: {}\nlog: ~")]
    [InlineData("\uFEFFdryRun: false")]
    public void What_is_not_said_has_its_default(string policy)
    {
        var load = PolicyFile.Load(_folder.Write("policy.yaml", policy));

        Assert.Empty(load.Errors);
        Assert.Equal(Written(new AgentOptions()), Written(load.Options!));
    }

    [Fact]
    public void Every_key_goes_where_it_belongs()
    {
        var load = PolicyFile.Load(_folder.Write(
            "policy.yaml",
            """
            dryRun: true
            pressure:
              killBelow: 512Mi
              recoverTo: 7.5%
              timeLeft: 0
              stall: 70ms
              stallWindow: 2s
              stallWithoutSwap: 3s
              stallWithSwap: 0
              fastestFill: 16Gi
              slowestSample: 1m
              fastestSample: 5ms
            protect:
              namespaces: [kube-system, "monitoring"]
              priorityClasses: [gold.example]
              minPriority: -5
            wishes:
              namespaces: ["*"]
              priorityClasses: []
            ranking: [youngest, growth]
            plan: {maxVictims: 16, minFreeable: "1e6"}
            kill:
              strategy: hold
              deadline: 1.5s
              cooldown: 10m
              reapers: 1
            report:
              incidentFile: /var/log/nodereaper.jsonl
              incidentFileMaxSize: 0.5Gi
            log:
              format: json
              level: debug
            """));

        Assert.Empty(load.Errors);
        var (policy, log) = (load.Options!.Policy, load.Options.Log);
        Assert.True(policy.DryRun);
        Assert.Equal(
            new PressurePolicy
            {
                KillBelow = MemoryAmount.OfBytes(512 << 20),
                RecoverTo = MemoryAmount.OfPercent(7.5),
                TimeLeft = TimeSpan.Zero,
                Stall = TimeSpan.FromMilliseconds(70),
                StallWindow = TimeSpan.FromSeconds(2),
                StallWithoutSwap = TimeSpan.FromSeconds(3),
                StallWithSwap = TimeSpan.Zero,
                FastestFillBytesPerSecond = 16L << 30,
                SlowestSample = TimeSpan.FromMinutes(1),
                FastestSample = TimeSpan.FromMilliseconds(5),
            },
            policy.Pressure);
        Assert.Equal(["kube-system", "monitoring"], policy.Protect.Namespaces);
        Assert.Equal(["gold.example"], policy.Protect.PriorityClasses);
        Assert.Equal(-5, policy.Protect.MinPriority);
        Assert.Equal(["*"], policy.Wishes.Namespaces);
        Assert.Empty(policy.Wishes.PriorityClasses);
        Assert.Equal(["youngest", "growth"], policy.Ranking.Select(key => key.Name));
        Assert.Equal(new PlanPolicy { MaxVictims = 16, MinFreeableBytes = 1_000_000 }, policy.Plan);
        Assert.Equal(
            new KillPolicy
            {
                Strategy = KillStrategy.Hold,
                Deadline = TimeSpan.FromSeconds(1.5),
                Cooldown = TimeSpan.FromMinutes(10),
                Reapers = 1,
            },
            policy.Kill);
        Assert.Equal(new ReportPolicy { IncidentFile = "/var/log/nodereaper.jsonl", IncidentFileMaxBytes = 512 << 20 }, policy.Report);
        Assert.Equal(new LogOptions { Format = LogFormat.Json, Level = LogLevel.Debug }, log);
    }

    [Theory]
    [InlineData("auto", KillStrategy.Auto)]
    [InlineData("atomic", KillStrategy.Atomic)]
    [InlineData("hold", KillStrategy.Hold)]
    [InlineData("release", KillStrategy.Release)]
    [InlineData("signal", KillStrategy.Signal)]
    public void Every_strategy_has_a_name(string name, KillStrategy strategy)
    {
        var load = PolicyFile.Load(_folder.Write("policy.yaml", $"kill:\n  strategy: {name}"));

        Assert.Equal(strategy, load.Options!.Policy.Kill.Strategy);
    }

    [Theory]
    [InlineData("pressure: {killBelow: 1Gi, recoverTo: 1%}")]
    [InlineData("pressure: {recoverTo: 1%}")]
    [InlineData("pressure: {killBelow: 10%}\nstages: {terminate: 20Mi}")]
    public void Bytes_and_percentages_are_not_compared(string policy)
    {
        var load = PolicyFile.Load(_folder.Write("policy.yaml", policy));

        Assert.Empty(load.Errors);
    }

    [Theory]
    [InlineData("pressure: {killBelow: 40Mi, recoverTo: 50Mi}")]
    [InlineData("pressure: {recoverTo: 96Mi}\nstages: {terminate: 96Mi}")]
    [InlineData("stages: {grace: 40s, maxGrace: 0}")]
    public void What_agrees_is_taken(string policy) => Assert.Empty(PolicyFile.Load(_folder.Write("policy.yaml", policy)).Errors);

    [Fact]
    public void A_missing_file_is_an_error_of_one_line() => AssertRefused(_folder.PathOf("none.yaml"), "there is no such file");

    [Fact]
    public void A_file_in_a_missing_folder_is_an_error_of_one_line() =>
        AssertRefused(_folder.PathOf("none/none.yaml"), "there is no such file");

    [Fact]
    public void A_folder_is_no_file() => AssertRefused(_folder.Path, "is a folder; name a file");

    [Fact]
    public void A_file_that_may_not_be_read_is_an_error_of_one_line()
    {
        Assert.SkipWhen(Environment.IsPrivilegedProcess, "root may read every file");
        var path = _folder.Write("policy.yaml", "");
        File.SetUnixFileMode(path, UnixFileMode.None);

        AssertRefused(path, "may not be read; run as root, or let it be read (chmod a+r)");
    }

    [Fact]
    public void A_file_above_the_limit_is_refused()
    {
        var path = _folder.Write("policy.yaml", new string('#', PolicyFile.MaxBytes + 1));

        AssertRefused(path, "is longer than 1 MiB");
    }

    [Fact]
    public void A_file_at_the_limit_is_taken()
    {
        var load = PolicyFile.Load(_folder.Write("policy.yaml", new string('#', PolicyFile.MaxBytes)));

        Assert.Empty(load.Errors);
    }

    [Fact]
    public void A_file_without_an_end_is_refused() => AssertRefused("/dev/zero", "is longer than 1 MiB");

    [Fact]
    public void A_pipe_is_refused_and_not_waited_for()
    {
        var path = _folder.PathOf("policy.yaml");
        using var mkfifo = System.Diagnostics.Process.Start("mkfifo", [path]);
        mkfifo.WaitForExit();
        Assert.SkipUnless(mkfifo.ExitCode == 0, "mkfifo failed");

        AssertRefused(path, "is no file but a pipe or a device; name a file");
    }

    [Fact]
    public void Bytes_that_are_not_UTF8_are_refused_where_they_stand()
    {
        var path = _folder.Write("policy.yaml", "# ä\n# a\u00FF"u8[..^1]);

        var load = PolicyFile.Load(path);

        Assert.Null(load.Options);
        Assert.Equal($"{path}:2:4: is not UTF-8 from here on; save it as UTF-8", Assert.Single(load.Errors).ToString());
    }

    [Fact]
    public void UTF16_is_refused() =>
        Assert.Contains("UTF-8", Assert.Single(PolicyFile.Load(_folder.Write("p.yaml", System.Text.Encoding.Unicode.GetPreamble())).Errors).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("[")]
    [InlineData("{a: ")]
    [InlineData("- ")]
    public void Deep_nesting_is_refused_before_it_costs_anything(string opening)
    {
        var policy = string.Concat(Enumerable.Repeat(opening, PolicyFile.MaxBytes / opening.Length));

        var load = PolicyFile.Load(_folder.Write("policy.yaml", policy));

        Assert.Equal("lists and mappings may nest 64 deep at most", Assert.Single(load.Errors).Message);
    }

    [Fact]
    public void Aliases_that_multiply_are_refused_before_they_cost_anything()
    {
        var policy = "a0: &a0 [x]\n" + string.Concat(Enumerable.Range(1, 40).Select(i => $"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n"));

        var load = PolicyFile.Load(_folder.Write("policy.yaml", policy));

        Assert.Contains(load.Errors, error => error.Message == "a document may have 50000 values at most; split it");
    }

    private static void AssertRefused(string path, string message)
    {
        var load = PolicyFile.Load(path);

        Assert.Null(load.Options);
        Assert.Equal($"{path}: {message}", Assert.Single(load.Errors).ToString());
    }

    private static string Written(AgentOptions options)
    {
        using var text = new StringWriter();
        EffectivePolicy.Write(options, text);
        return text.ToString();
    }
}
