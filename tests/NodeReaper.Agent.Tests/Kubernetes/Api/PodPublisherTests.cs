using NodeReaper.Agent.Hosting;
using NodeReaper.Agent.Kubernetes.Api;

namespace NodeReaper.Agent.Tests.Kubernetes.Api;

public sealed class PodPublisherTests
{
    [Fact]
    public async Task What_is_not_published_yet_is_not_confirmed()
    {
        var board = new PodBoard();
        var log = new RecordingLogger<PodPublisherTests>();
        var publisher = new PodPublisher("a source", ApiRig.Impatient, board, null, log);
        var pods = new KnownPods(null, publisher.Tell);
        publisher.Listed(pods);
        Assert.NotNull(board.Age);

        await Task.Delay(100, TestContext.Current.CancellationToken);
        publisher.Changed();
        publisher.Confirmed();
        Assert.True(board.Age > TimeSpan.FromMilliseconds(90), $"{board.Age}");

        using var stop = new CancellationTokenSource();
        var running = publisher.RunAsync(pods, stop.Token);
        await Soon.Until(() => board.Age < TimeSpan.FromMilliseconds(90));
        await Task.Delay(100, TestContext.Current.CancellationToken);
        publisher.Confirmed();
        Assert.True(board.Age < TimeSpan.FromMilliseconds(90), $"{board.Age}");
        await stop.CancelAsync();
        await running;
    }
}
