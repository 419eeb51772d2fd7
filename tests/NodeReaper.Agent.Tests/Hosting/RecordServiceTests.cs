using NodeReaper.Agent.Hosting;
using NodeReaper.Agent.Metrics;
using NodeReaper.Agent.Tests.Recording;
using NodeReaper.Engine.Policy;

namespace NodeReaper.Agent.Tests.Hosting;

public sealed class RecordServiceTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_decision_that_cannot_be_recorded_is_told_and_counted_and_the_next_one_is_recorded()
    {
        using var incident = new MadeIncident(_folder);
        var metrics = new AgentMetrics();
        var logger = new RecordingLogger<RecordService>();
        // Root may write anywhere but below a file.
        var path = _folder.Write("records", "");
        var settings = new RunSettings(new ReapPolicy { Record = new RecordPolicy { Directory = path } }, null, null, null, "/sys/fs/cgroup", "/proc");
        using var service = new RecordService(incident.Recorder, settings, metrics, logger);
        await service.StartAsync(TestContext.Current.CancellationToken);

        incident.Decide(new ReapPolicy());
        await Soon.Until(() => metrics.Dropped.WithLabels("record").Value == 1);
        Assert.StartsWith($"Error NotRecorded not recorded: the record of {path} could not be written: ", Assert.Single(logger.Lines), StringComparison.Ordinal);

        File.Delete(path);
        incident.Decide(new ReapPolicy());
        await service.StopAsync(TestContext.Current.CancellationToken);
        Assert.Single(Directory.GetFiles(path));
        Assert.Equal(1, metrics.Dropped.WithLabels("record").Value);
    }
}
