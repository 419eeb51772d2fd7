using NodeReaper.Agent.Hosting;
using NodeReaper.Agent.Metrics;
using NodeReaper.Agent.Reporting;
using NodeReaper.Engine.Reporting;

namespace NodeReaper.Agent.Tests.Hosting;

/// <summary>The threads that write reports and records outlive whatever goes wrong with a file, or with us: otherwise the agent would end, and the node be unprotected.</summary>
public class ReportServiceTests
{
    public static TheoryData<Exception> Failures => [new IOException("the disk is full"), new UnauthorizedAccessException("read-only"), new InvalidOperationException("a mistake of ours")];

    [Theory]
    [MemberData(nameof(Failures))]
    public async Task A_sink_that_fails_is_told_and_counted_and_the_others_get_the_report(Exception error)
    {
        using var ring = new ReportRing(4);
        var metrics = new AgentMetrics();
        var logger = new RecordingLogger<ReportService>();
        Sink failing = new("failing", error), well = new("well", null);
        using var service = new ReportService(ring, [failing, well], metrics, logger);
        await service.StartAsync(TestContext.Current.CancellationToken);

        for (var i = 0; i < 2; i++)
        {
            Assert.NotNull(ring.Rent());
            ring.Publish();
        }

        await service.StopAsync(TestContext.Current.CancellationToken);
        Assert.Equal(2, well.Count);
        Assert.Equal(2, metrics.Dropped.WithLabels("failing").Value);
        Assert.Equal(0, metrics.Dropped.WithLabels("well").Value);
        Assert.Equal(2, logger.Lines.Count(line => line == $"Error SinkFailed report sink failing could not write: {error.Message}"));
    }

    [Fact]
    public async Task A_sink_that_goes_on_failing_is_told_ten_times_a_minute_and_counted_each_time()
    {
        using var ring = new ReportRing(16);
        var metrics = new AgentMetrics();
        var logger = new RecordingLogger<ReportService>();
        using var service = new ReportService(ring, [new Sink("failing", new IOException("full"))], metrics, logger);
        for (var i = 0; i < 15; i++)
        {
            Assert.NotNull(ring.Rent());
            ring.Publish();
        }

        await service.StartAsync(TestContext.Current.CancellationToken);
        await service.StopAsync(TestContext.Current.CancellationToken);
        Assert.Equal(15, metrics.Dropped.WithLabels("failing").Value);
        Assert.Equal(10, logger.Lines.Count);
        Assert.Equal("Error SinkFailed report sink failing could not write: full; more within this minute are not told", logger.Lines.Last());
    }

    [Fact]
    public async Task An_incident_file_that_cannot_be_written_is_told_at_the_start_and_costs_its_lines_alone()
    {
        using var folder = new TemporaryFolder();
        using var ring = new ReportRing(4);
        var metrics = new AgentMetrics();
        var logger = new RecordingLogger<ReportService>();
        var well = new Sink("well", null);

        // Root may write anywhere but below a file.
        var path = Path.Combine(folder.Write("file", ""), "incidents.jsonl");
        using var service = new ReportService(ring, [new IncidentFileSink(path, null, 1 << 20), well], metrics, logger);
        await service.StartAsync(TestContext.Current.CancellationToken);
        Assert.StartsWith($"Error NoIncidentFile cannot write the incident file {path}: ", Assert.Single(logger.Lines), StringComparison.Ordinal);

        Assert.NotNull(ring.Rent());
        ring.Publish();
        await service.StopAsync(TestContext.Current.CancellationToken);
        Assert.Equal(1, metrics.Dropped.WithLabels("incidentFile").Value);
        Assert.Equal(1, well.Count);
    }

    private sealed class Sink(string name, Exception? error) : IReportSink
    {
        internal int Count { get; private set; }

        public string Name => name;

        public void Write(ReapReport report)
        {
            Count++;
            if (error is not null)
            {
                throw error;
            }
        }
    }
}
