using System.Diagnostics;
using System.Text.RegularExpressions;

namespace NodeReaper.Agent.Tests.Metrics;

/// <summary>The alert rules, by promtool (Debian's prometheus; tests/prepare installs it): without it, these tests fail.</summary>
public sealed partial class AlertRuleTests
{
    private const string RulesPath = "charts/nodereaper/files/alerts.yaml";
    private const string CasesPath = "tests/NodeReaper.Agent.Tests/Metrics/alerts.test.yaml";

    private static string Rules => File.ReadAllText(Repository.PathOf(RulesPath));

    private static IEnumerable<string> Alerts => AlertLine().Matches(Rules).Select(line => line.Groups["name"].Value);

    [Fact]
    public void The_rules_are_rules() => AssertPromtool("check", "rules", Repository.PathOf(RulesPath));

    [Fact]
    public void The_alerts_fire_when_they_should_and_only_then() => AssertPromtool("test", "rules", Repository.PathOf(CasesPath));

    [Fact]
    public void Each_alert_is_tested_to_fire_and_not_to_fire()
    {
        var cases = CaseLines().Matches(File.ReadAllText(Repository.PathOf(CasesPath)))
            .Select(lines => (Alert: lines.Groups["name"].Value, IsSilent: lines.Groups["none"].Success)).ToHashSet();

        Assert.NotEmpty(Alerts);
        Assert.All(Alerts, alert => Assert.Contains((alert, true), cases));
        Assert.All(Alerts, alert => Assert.Contains((alert, false), cases));
    }

    [Fact]
    public void Each_alert_names_its_runbook_and_each_runbook_is_of_an_alert()
    {
        var named = RunbookLine().Matches(Rules).Select(line => line.Groups["name"].Value);
        var written = Directory.GetFiles(Repository.PathOf("docs/runbooks"), "NodeReaper*.md").Select(Path.GetFileNameWithoutExtension);

        Assert.Equal(Alerts, named);
        Assert.Equal(Alerts.Order(StringComparer.Ordinal), written.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Each_runbook_says_how_to_ask_the_agent_in_a_cluster() => Assert.All(
        Directory.GetFiles(Repository.PathOf("docs/runbooks"), "NodeReaper*.md"),
        path => Assert.Contains("(ask-the-agent.md)", File.ReadAllText(path), StringComparison.Ordinal));

    private static void AssertPromtool(params string[] arguments)
    {
        using var promtool = Process.Start(new ProcessStartInfo("promtool", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = promtool.StandardError.ReadToEndAsync();
        var output = promtool.StandardOutput.ReadToEnd();
        promtool.WaitForExit();
        Assert.True(promtool.ExitCode == 0, $"promtool {string.Join(' ', arguments)}: {output}{errors.Result}");
    }

    [GeneratedRegex(@"^ +- alert: (?<name>\w+)$", RegexOptions.Multiline)]
    private static partial Regex AlertLine();

    [GeneratedRegex(@"^ +runbook_url: docs/runbooks/(?<name>\w+)\.md$", RegexOptions.Multiline)]
    private static partial Regex RunbookLine();

    [GeneratedRegex(@"alertname: (?<name>\w+)\n +eval_time: \w+\n +exp_alerts:(?<none> \[\])?\n")]
    private static partial Regex CaseLines();
}
