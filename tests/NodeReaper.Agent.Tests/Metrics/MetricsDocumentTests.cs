using System.Text;
using System.Text.RegularExpressions;
using NodeReaper.Agent.Metrics;
using NodeReaper.Engine.Killing;

namespace NodeReaper.Agent.Tests.Metrics;

public sealed partial class MetricsDocumentTests
{
    [Fact]
    public async Task The_page_lists_every_metric_with_its_type_and_labels()
    {
        var text = await ExportAsync();

        var exported = TypeLine().Matches(text).Select(line => $"{line.Groups["name"].Value} {line.Groups["type"].Value}").Order();
        var documented = Row().Matches(File.ReadAllText(Repository.PathOf("docs/metrics.md")))
            .Select(row => $"{row.Groups["name"].Value} {row.Groups["type"].Value}").Order();
        Assert.Equal(exported, documented);
    }

    [Fact]
    public async Task Every_kill_is_there_at_0_from_the_start()
    {
        var lines = (await ExportAsync()).Split('\n').Where(line => line.StartsWith("nodereaper_kills_total{", StringComparison.Ordinal)).ToList();

        Assert.Equal(4 * 6 * 3, lines.Count);
        Assert.All(lines, line => Assert.EndsWith(" 0", line, StringComparison.Ordinal));
        Assert.Contains("nodereaper_kills_total{strategy=\"hold\",outcome=\"incomplete\",trigger=\"ownLimit\",qos_class=\"Guaranteed\"} 0", lines);
    }

    [Theory]
    [InlineData("nodereaper_own_limit_oom_kills_total 0")]
    [InlineData("nodereaper_degraded{reason=\"holdVictims\"} 0")]
    [InlineData("nodereaper_kernel_errors_total{call=\"release\",errno=\"ESRCH\"} 0")]
    [InlineData("nodereaper_kernel_errors_total{call=\"seize\",errno=\"EPERM\"} 0")]
    public async Task What_an_alert_or_a_panel_counts_on_is_there_from_the_start(string series) =>
        Assert.Contains(series, (await ExportAsync()).Split('\n'));

    private static async Task<string> ExportAsync()
    {
        var metrics = new AgentMetrics();
        metrics.BeginAtZero(KillStrategy.Hold);
        using var text = new MemoryStream();
        await metrics.Registry.CollectAndExportAsTextAsync(text, TestContext.Current.CancellationToken);
        return Encoding.UTF8.GetString(text.ToArray());
    }

    [GeneratedRegex("^# TYPE nodereaper_(?<name>[a-z_]+) (?<type>[a-z]+)$", RegexOptions.Multiline)]
    private static partial Regex TypeLine();

    [GeneratedRegex(@"^\| `(?<name>[a-z_]+)` \| (?<type>counter|gauge|histogram)", RegexOptions.Multiline)]
    private static partial Regex Row();
}
