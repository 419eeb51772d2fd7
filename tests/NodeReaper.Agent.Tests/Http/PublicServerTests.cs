using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Logging.Abstractions;
using NodeReaper.Agent.Hosting;
using NodeReaper.Agent.Http;
using NodeReaper.Agent.Metrics;
using NodeReaper.Agent.Reporting;
using NodeReaper.Engine.Policy;
using NodeReaper.Engine.Recording;
using NodeReaper.Engine.Reporting;

namespace NodeReaper.Agent.Tests.Http;

public sealed class PublicServerTests
{
    [Fact]
    public async Task A_scrape_that_fails_each_time_is_told_three_times_a_minute()
    {
        var policy = new ReapPolicy();
        var settings = new RunSettings(policy, null, null, null, "/nowhere", "/nowhere");
        PodBoard pods = new();
        PolicyBoard policies = new(policy);
        using ReportRing reports = new(1);
        AgentMetrics metrics = new();
        var pressure = new PressureService(
            settings,
            pods,
            policies,
            reports,
            new FlightRecorder(),
            new ApplicationLifetime(NullLogger<ApplicationLifetime>.Instance),
            NullLogger<PressureService>.Instance);
        AgentStates states = new(settings, pressure, pods, policies);

        // A mistake of ours.
        var scrape = new MetricsAtScrape(metrics, new WorkloadKills(), settings, pressure, states, pods, null!, new DryRunLedger(TimeProvider.System, () => 0));
        var logger = new RecordingLogger<PublicServer>();
        var address = new ListenAddress(IPAddress.Loopback, FreePort());
        using var server = new PublicServer(address, metrics, scrape, pressure, states, logger);
        await server.StartAsync(TestContext.Current.CancellationToken);
        using var client = new HttpClient();

        for (var i = 0; i < 5; i++)
        {
            var answer = await client.GetAsync(new Uri($"http://{address}/metrics"), TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
        }

        await server.StopAsync(TestContext.Current.CancellationToken);
        var told = logger.Lines.Where(line => line.Contains("AnswerFailed", StringComparison.Ordinal)).ToList();
        Assert.Equal(3, told.Count);
        Assert.Equal("Warning AnswerFailed an answer over HTTP failed; more within this minute are not told", told[^1]);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
