using NodeReaper.Agent.Hosting;
using NodeReaper.Agent.Metrics;
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
