using NodeReaper.Agent.Hosting;
using NodeReaper.Agent.Kubernetes.Api;
using NodeReaper.Engine.Candidates;

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
        publisher.Listed(pods.ToSnapshot);
        Assert.NotNull(board.Age);

        await Task.Delay(100, TestContext.Current.CancellationToken);
        publisher.Changed();
        publisher.Confirmed();
        Assert.True(board.Age > TimeSpan.FromMilliseconds(90), $"{board.Age}");

        using var stop = new CancellationTokenSource();
        var running = publisher.RunAsync(pods.ToSnapshot, stop.Token);
        await Soon.Until(() => board.Age < TimeSpan.FromMilliseconds(90));
        await Task.Delay(100, TestContext.Current.CancellationToken);
        publisher.Confirmed();
        Assert.True(board.Age < TimeSpan.FromMilliseconds(90), $"{board.Age}");
        await stop.CancelAsync();
        await running;
    }

    [Fact]
    public async Task What_did_not_fit_into_memory_is_not_confirmed_and_told_once_until_it_does()
    {
        var board = new PodBoard();
        var log = new RecordingLogger<PodPublisherTests>();
        var publisher = new PodPublisher("a source", ApiRig.Impatient, board, null, log);
        Assert.Throws<OutOfMemoryException>(() => publisher.Listed(TooMuch));
        publisher.Confirmed();
        Assert.Null(board.Age);

        var isEnough = false;
        using var stop = new CancellationTokenSource();
        var running = publisher.RunAsync(() => Volatile.Read(ref isEnough) ? PodSnapshot.Empty : TooMuch(), stop.Token);
        publisher.Changed();
        await Task.Delay(200, TestContext.Current.CancellationToken);
        publisher.Confirmed();
        Assert.Null(board.Age);
        Assert.Equal(["Error PodsNotPublished there is no memory to take up what a source told of Pods; tried again"], log.Lines);

        Volatile.Write(ref isEnough, true);
        await Soon.Until(() => board.Age is not null);
        await stop.CancelAsync();
        await running;
        Assert.Throws<OutOfMemoryException>(() => publisher.Listed(TooMuch));
        Assert.Equal(2, log.Lines.Count);
    }

    // No heap is large enough for that many.
    private static PodSnapshot TooMuch() => new(new PodFacts[int.MaxValue]);
}
