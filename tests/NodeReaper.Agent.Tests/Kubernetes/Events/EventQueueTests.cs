using NodeReaper.Agent.Kubernetes.Events;

namespace NodeReaper.Agent.Tests.Kubernetes.Events;

public sealed class EventQueueTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly ShiftedTime _time = new();
    private int _dropped;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_waits_survives_the_agent()
    {
        var queue = Queue();
        queue.Add(Happened.To("a"));
        queue.Add(Happened.To("b", secondsLater: 1));
        queue.Add(Happened.To("b", secondsLater: 2));

        var next = Queue();

        Assert.Equal(2, next.Waiting);
        Assert.Equal("a", (await SendAsync(next)).Event.Regarding.Name);
        var series = (await SendAsync(next)).Event;
        Assert.Equal(("b", 2), (series.Regarding.Name, series.Series!.Count));
        Assert.Equal(0, Queue().Waiting);
        Assert.Empty(Files());
    }

    [Fact]
    public async Task What_happens_again_after_it_was_delivered_changes_its_series()
    {
        var queue = Queue();
        queue.Add(Happened.To("a"));
        var first = await SendAsync(queue);
        queue.Add(Happened.To("a", secondsLater: 5));
        queue.Add(Happened.To("a", secondsLater: 9));
        _time.Advance(TimeSpan.FromSeconds(30));

        var again = await SendAsync(queue);

        Assert.Equal((first.Event.Metadata.Name, true), (again.Event.Metadata.Name, again.IsCreated));
        Assert.Equal(new EventSeries(3, "2026-07-01T10:00:09.000000Z"), again.Event.Series);
        Assert.Equal(first.Event.Note, again.Event.Note);
        Assert.Equal(0, queue.Waiting);
    }

    [Fact]
    public async Task A_series_that_waits_survives_the_agent()
    {
        var queue = Queue();
        queue.Add(Happened.To("a"));
        var first = await SendAsync(queue);
        queue.Add(Happened.To("a"));

        var next = Queue();
        _time.Advance(TimeSpan.FromSeconds(30));

        var again = await SendAsync(next);
        Assert.Equal((first.Event.Metadata.Name, true, 2), (again.Event.Metadata.Name, again.IsCreated, again.Event.Series!.Count));
    }

    [Fact]
    public async Task What_happens_once_is_there_once_also_when_the_next_agent_tells_it_again()
    {
        var happened = Happened.To("a") with { Once = "evicted.uid-a" };
        var queue = Queue();
        queue.Add(happened);
        queue.Add(happened);
        var next = Queue();
        next.Add(happened);
        var first = await SendAsync(next);
        Assert.Equal(("nodereaper.evicted.uid-a", null), (first.Event.Metadata.Name, first.Event.Series));
        Assert.Equal(0, next.Waiting);

        // Delivered, and told again: the API server has that name.
        var third = Queue();
        third.Add(happened);
        Assert.Equal(first.Event.Metadata.Name, (await SendAsync(third)).Event.Metadata.Name);
    }

    [Fact]
    public async Task What_happens_again_after_a_while_is_another_Event()
    {
        var queue = Queue();
        queue.Add(Happened.To("a"));
        var first = await SendAsync(queue);
        _time.Advance(TimeSpan.FromMinutes(6));
        queue.Add(Happened.To("a"));

        var second = await SendAsync(queue);

        Assert.NotEqual(first.Event.Metadata.Name, second.Event.Metadata.Name);
        Assert.Null(second.Event.Series);
    }

    [Fact]
    public async Task What_happens_while_it_is_being_sent_is_not_lost()
    {
        var queue = Queue();
        queue.Add(Happened.To("a"));
        var entry = await queue.NextAsync(TestContext.Current.CancellationToken);
        var sent = queue.Now(entry);
        queue.Add(Happened.To("a", secondsLater: 3));
        queue.Delivered(entry, sent);

        Assert.Equal(1, queue.Waiting);
        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(2, (await SendAsync(queue)).Event.Series!.Count);
    }

    [Fact]
    public void No_more_than_so_many_are_taken_at_once_and_what_is_too_much_is_counted()
    {
        var queue = Queue();
        for (var i = 0; i < 60; i++)
        {
            queue.Add(Happened.To($"p{i}"));
        }

        Assert.Equal((50, 10), (queue.Waiting, _dropped));
        _time.Advance(TimeSpan.FromSeconds(60));
        for (var i = 100; i < 120; i++)
        {
            queue.Add(Happened.To($"p{i}"));
        }

        Assert.Equal((60, 20), (queue.Waiting, _dropped));
    }

    [Fact]
    public void However_long_the_API_server_is_away_the_queue_is_bounded_and_tenants_leave_room()
    {
        var queue = Queue();
        for (var i = 0; i < 2000; i++)
        {
            queue.Add(Happened.To($"t{i}") with { IsOfTenant = true });
            _time.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.Equal(EventQueue.MaxWaiting / 2, queue.Waiting);
        for (var i = 0; i < 2000; i++)
        {
            queue.Add(Happened.To($"p{i}"));
            _time.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.Equal(EventQueue.MaxWaiting, queue.Waiting);
        Assert.Equal(4000 - EventQueue.MaxWaiting, _dropped);
        Assert.Equal(EventQueue.MaxWaiting, Files().Length);
    }

    [Fact]
    public void Tenants_do_not_use_up_what_others_may_tell()
    {
        var queue = Queue();
        for (var i = 0; i < 100; i++)
        {
            queue.Add(Happened.To($"t{i}") with { IsOfTenant = true });
        }

        Assert.Equal(20, queue.Waiting);
        queue.Add(Happened.To("a"));
        Assert.Equal(21, queue.Waiting);
    }

    [Fact]
    public async Task What_is_no_Event_in_the_folder_is_thrown_away_and_counted()
    {
        Queue().Add(Happened.To("a"));
        var good = Assert.Single(Files());
        _folder.Write("nodereaper.half.json.tmp", "{");
        _folder.Write("nodereaper.half.json", "{\"event\":");
        _folder.Write("nodereaper.null.json", "null");
        _folder.Write("nodereaper.empty.json", "{\"event\":null,\"isCreated\":false}");
        _folder.Write("nodereaper.other-name.json", File.ReadAllText(good));
        _folder.Write("nodereaper.huge.json", new string(' ', 100_000));

        var queue = Queue();

        Assert.Equal((1, 5), (queue.Waiting, _dropped));
        Assert.Equal([good], Files());
        Assert.Equal("a", (await SendAsync(queue)).Event.Regarding.Name);
    }

    [Fact]
    public void Files_of_others_in_the_folder_stay()
    {
        string[] others = [_folder.Write("passwd", "x"), _folder.Write("half.json", "{"), _folder.Write("x.json.tmp", "{"), _folder.Write("nodereaper.yaml", "x")];
        Assert.Equal(0, Queue().Waiting);
        Assert.All(others, path => Assert.True(File.Exists(path), path));
        Assert.Equal(0, _dropped);
    }

    [Fact]
    public void What_an_agent_left_beyond_the_bound_is_thrown_away_and_counted()
    {
        var text = new EventSpool(_folder.Path);
        var format = new EventFormat("node-1");
        for (var i = 0; i < EventQueue.MaxWaiting + 3; i++)
        {
            text.Save(new SpooledEvent(format.Make(Happened.To($"p{i}", secondsLater: i)), false));
        }

        var queue = Queue();
        Assert.Equal((EventQueue.MaxWaiting, 3), (queue.Waiting, _dropped));
        Assert.Equal(EventQueue.MaxWaiting, Files().Length);
    }

    [Fact]
    public async Task One_that_failed_lets_the_others_go_first_and_waits_longer_and_longer()
    {
        var queue = Queue();
        queue.Add(Happened.To("bad"));
        var bad = await queue.NextAsync(TestContext.Current.CancellationToken);
        queue.Later(bad, _ => TimeSpan.Zero);
        queue.Add(Happened.To("good"));
        queue.Later(bad, attempt => TimeSpan.FromSeconds(10 * attempt));

        Assert.Equal("good", (await SendAsync(queue)).Event.Regarding.Name);
        _time.Advance(TimeSpan.FromSeconds(9));
        using var soon = new CancellationTokenSource(200);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => queue.NextAsync(soon.Token));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal("bad", (await SendAsync(queue)).Event.Regarding.Name);
    }

    [Fact]
    public async Task Two_things_with_the_same_reason_on_the_same_Pod_are_two_Events_also_for_the_next_agent()
    {
        var queue = Queue();
        queue.Add(Happened.To("a") with { Detail = "x" });
        queue.Add(Happened.To("a", secondsLater: 1) with { Detail = "y" });
        var next = Queue();
        next.Add(Happened.To("a") with { Detail = "x" });
        next.Add(Happened.To("a"));
        Assert.Equal(3, next.Waiting);
        Assert.Equal(2, (await SendAsync(next)).Event.Series?.Count);
    }

    [Fact]
    public async Task Without_a_folder_Events_live_as_long_as_the_agent()
    {
        var queue = Queue(null);
        queue.Add(Happened.To("a"));
        Assert.Null(queue.Trouble);
        Assert.Equal("a", (await SendAsync(queue)).Event.Regarding.Name);
    }

    [Fact]
    public async Task A_folder_that_cannot_be_is_told_and_Events_live_as_long_as_the_agent()
    {
        var queue = Queue("/proc/there-is-none");
        Assert.NotNull(queue.Trouble);
        queue.Add(Happened.To("a"));
        Assert.Equal("a", (await SendAsync(queue)).Event.Regarding.Name);
        Assert.Equal(0, queue.Waiting);
    }

    private string[] Files() => Directory.GetFiles(_folder.Path);

    private EventQueue Queue() => Queue(_folder.Path);

    private EventQueue Queue(string? folder) => new(new EventFormat("node-1"), new EventSpool(folder), _time, () => _dropped++);

    private static async Task<SpooledEvent> SendAsync(EventQueue queue)
    {
        var entry = await queue.NextAsync(TestContext.Current.CancellationToken);
        var now = queue.Now(entry);
        queue.Delivered(entry, now);
        return now;
    }
}
