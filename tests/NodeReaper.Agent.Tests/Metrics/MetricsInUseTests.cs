using System.Text.Json;
using System.Text.RegularExpressions;

namespace NodeReaper.Agent.Tests.Metrics;

/// <summary>What the dashboard and the alert rules ask for is what the agent has. docs/metrics.md has exactly that (MetricsDocumentTests).</summary>
public sealed partial class MetricsInUseTests
{
    private const string DashboardPath = "charts/nodereaper/files/dashboard.json";

    [Theory]
    [InlineData(DashboardPath)]
    [InlineData("charts/nodereaper/files/alerts.yaml")]
    [InlineData("tests/NodeReaper.Agent.Tests/Metrics/alerts.test.yaml")]
    public void Every_metric_that_is_named_is_there(string path)
    {
        var rows = Row().Matches(File.ReadAllText(Repository.PathOf("docs/metrics.md")));
        var known = rows.SelectMany(row => row.Groups["type"].Value == "histogram"
            ? new[] { "_bucket", "_sum", "_count" }.Select(suffix => row.Groups["name"].Value + suffix)
            : [row.Groups["name"].Value]).ToHashSet();

        var named = Name().Matches(File.ReadAllText(Repository.PathOf(path))).Select(name => name.Groups["name"].Value).ToHashSet();

        Assert.NotEmpty(named);
        Assert.All(named, name => Assert.Contains(name, known));
    }

    [Fact]
    public void The_dashboard_shows_every_metric()
    {
        var dashboard = File.ReadAllText(Repository.PathOf(DashboardPath));
        var known = Row().Matches(File.ReadAllText(Repository.PathOf("docs/metrics.md"))).Select(row => row.Groups["name"].Value);

        Assert.All(known, name => Assert.Contains($"nodereaper_{name}", dashboard, StringComparison.Ordinal));
    }

    [Fact]
    public void Each_panel_asks_the_chosen_source_for_the_chosen_nodes()
    {
        using var dashboard = JsonDocument.Parse(File.ReadAllText(Repository.PathOf(DashboardPath)));
        var panels = dashboard.RootElement.GetProperty("panels").EnumerateArray().Where(panel => panel.TryGetProperty("targets", out _)).ToList();

        Assert.NotEmpty(panels);
        Assert.All(panels, panel => Assert.All(panel.GetProperty("targets").EnumerateArray(), target =>
        {
            Assert.Equal("${datasource}", target.GetProperty("datasource").GetProperty("uid").GetString());
            Assert.Contains("{job=~\"$job\", instance=~\"$instance\"", target.GetProperty("expr").GetString(), StringComparison.Ordinal);
        }));
        Assert.Equal(panels.Count, panels.Select(panel => panel.GetProperty("title").GetString()).Distinct().Count());
    }

    [GeneratedRegex(@"\bnodereaper_(?<name>[a-z_]+)")]
    private static partial Regex Name();

    [GeneratedRegex(@"^\| `(?<name>[a-z_]+)` \| (?<type>counter|gauge|histogram)", RegexOptions.Multiline)]
    private static partial Regex Row();
}
