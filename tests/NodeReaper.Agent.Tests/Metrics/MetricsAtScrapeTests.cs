using System.Text;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Logging.Abstractions;
using NodeReaper.Agent.Hosting;
using NodeReaper.Agent.Kubernetes.Api;
using NodeReaper.Agent.Metrics;
using NodeReaper.Agent.Reporting;
using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Recording;
using NodeReaper.Engine.Reporting;

namespace NodeReaper.Agent.Tests.Metrics;

/// <summary>An agent that is scraped before it watches.</summary>
public sealed class MetricsAtScrapeTests : IDisposable
{
    private readonly ReportRing _reports = new(1);
    private readonly PodBoard _pods = new();

    public void Dispose() => _reports.Dispose();

    [Fact]
    public async Task Pods_that_nobody_has_told_of_yet_are_as_old_as_the_agent()
    {
        var text = await ScrapeAsync(new PodSourceChoice.Folder("pods"));
        Assert.InRange(Value(text, "nodereaper_pod_snapshot_age_seconds"), 1e-9, 60);
    }

    [Fact]
    public async Task Without_a_source_of_Pods_they_have_no_age() =>
        Assert.DoesNotContain("\nnodereaper_pod_snapshot_age_seconds ", await ScrapeAsync(null), StringComparison.Ordinal);

    [Fact]
    public async Task A_watch_that_has_not_begun_is_well() => Assert.Equal(1, Value(await ScrapeAsync(null), "nodereaper_watch_healthy"));

    [Fact]
    public async Task Pressure_that_may_not_be_read_costs_its_own_counter_alone()
    {
        // Whoever opens a folder is told what root is told by a security module.
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.PathOf("pressure/memory"));

        Assert.Equal(1, Value(await ScrapeAsync(null, folder.Path), "nodereaper_watch_healthy"));
    }

    private async Task<string> ScrapeAsync(PodSourceChoice? source, string procRoot = "/nowhere")
    {
        var policy = new ReapPolicy();
        var settings = new RunSettings(policy, null, source, null, "/nowhere", procRoot);
        var policies = new PolicyBoard(policy);
        var lifetime = new ApplicationLifetime(NullLogger<ApplicationLifetime>.Instance);
        var pressure = new PressureService(
            settings, _pods, policies, _reports, new FlightRecorder(), lifetime, NullLogger<PressureService>.Instance);
        var metrics = new AgentMetrics();
        new MetricsAtScrape(
            metrics, new WorkloadKills(), settings, pressure, new AgentStates(settings, pressure, _pods, policies), _pods, _reports, new DryRunLedger(TimeProvider.System, () => 0)).Update();
        using var text = new MemoryStream();
        await metrics.Registry.CollectAndExportAsTextAsync(text, TestContext.Current.CancellationToken);
        return Encoding.UTF8.GetString(text.ToArray());
    }

    private static double Value(string text, string series) => double.Parse(
        text.Split('\n').Single(line => line.StartsWith(series + " ", StringComparison.Ordinal))[(series.Length + 1)..],
        System.Globalization.CultureInfo.InvariantCulture);
}
