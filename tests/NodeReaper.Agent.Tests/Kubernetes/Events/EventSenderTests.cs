using System.Text.Json.Nodes;
using NodeReaper.Agent.Kubernetes.Events;
using NodeReaper.Agent.Tests.Kubernetes.Api;
using NodeReaper.TestApiServer;

namespace NodeReaper.Agent.Tests.Kubernetes.Events;

/// <summary>Events on the wire, to a server that checks them as the API server does.</summary>
public sealed class EventSenderTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private readonly ShiftedTime _time = new();
    private readonly RecordingLogger<EventSender> _log = new();
    private ApiRig _rig = null!;
    private EventQueue _queue = null!;
    private EventSender? _sender;
    private int _dropped;

    public async ValueTask InitializeAsync()
    {
        _rig = await ApiRig.StartAsync();
        _queue = Queue();
    }

    public async ValueTask DisposeAsync()
    {
        await EndAsync();
        await _rig.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task An_Event_arrives_as_it_is()
    {
        await BeginAsync();
        _queue.Add(Happened.To("web"));
        await Arrived(1);

        var written = Assert.Single(_rig.Cluster.Events.All);
        Assert.Equal("Reaped", written["reason"]!.ToString());
        Assert.Equal("spec.containers{app}", written["regarding"]!["fieldPath"]!.ToString());
        Assert.Equal("2026-07-01T10:00:00.000000Z", written["eventTime"]!.ToString());
        Assert.Equal("/apis/events.k8s.io/v1/namespaces/shop/events", Assert.Single(_rig.Cluster.Requests).Target);
        Assert.Empty(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public async Task What_happens_again_is_a_series_of_the_same_Event()
    {
        await BeginAsync();
        _queue.Add(Happened.To("web"));
        await Arrived(1);
        _time.Advance(TimeSpan.FromSeconds(40));
        _queue.Add(Happened.To("web", secondsLater: 40));

        await Soon.Until(() => _rig.Cluster.Events.All is [{ } written] && written["series"]?["count"]?.GetValue<int>() == 2);
        Assert.Equal("2026-07-01T10:00:40.000000Z", _rig.Cluster.Events.All[0]["series"]!["lastObservedTime"]!.ToString());
        Assert.Equal(1, _rig.Cluster.Count(ApiVerb.PatchEvent));
    }

    [Fact]
    public async Task While_the_server_is_away_Events_wait_and_arrive_once_after_a_restart_of_the_agent()
    {
        await _rig.StopServerAsync();
        await BeginAsync();
        _queue.Add(Happened.To("a"));
        _queue.Add(Happened.To("b", secondsLater: 1));
        await Soon.Until(() => _log.Lines.Any(line => line.StartsWith("Warning EventsWait", StringComparison.Ordinal)));
        await EndAsync();

        _queue = Queue();
        await _rig.StartServerAsync();
        await BeginAsync();

        await Arrived(2);
        Assert.Equal(["a", "b"], _rig.Cluster.Events.All.Select(written => written["regarding"]!["name"]!.ToString()));
        Assert.Equal(2, _rig.Cluster.Count(ApiVerb.CreateEvent));
        Assert.Equal(0, _dropped);
    }

    [Fact]
    public async Task An_answer_that_is_lost_makes_no_second_Event()
    {
        _rig.Cluster.Script.Next(ApiVerb.CreateEvent, async context =>
        {
            var body = (await JsonNode.ParseAsync(context.Request.Body))!.AsObject();
            _rig.Cluster.Events.Create("shop", body);
            context.Abort();
        });
        await BeginAsync();
        _queue.Add(Happened.To("a"));

        await Soon.Until(() => _rig.Cluster.Count(ApiVerb.CreateEvent) == 2 && _queue.Waiting == 0);
        Assert.Single(_rig.Cluster.Events.All);
        Assert.Equal(0, _dropped);
    }

    [Fact]
    public async Task Sick_answers_are_tried_again()
    {
        _rig.Cluster.Script.Next(
            ApiVerb.CreateEvent,
            Faults.Status(429, "TooManyRequests", "later", retryAfterSeconds: 1),
            Faults.Status(500, "InternalError", "etcdserver: request timed out"),
            Faults.Status(401, "Unauthorized", "Unauthorized"),
            Faults.Status(403, "Forbidden", "events.events.k8s.io is forbidden: User \"x\" cannot create resource \"events\" in API group \"events.k8s.io\""),
            Faults.Reset,
            Faults.Hang);
        _queue = new EventQueue(new EventFormat("node-1"), new EventSpool(null), TimeProvider.System, () => _dropped++);
        await BeginAsync();
        _queue.Add(Happened.To("a"));

        await Arrived(1);
        Assert.Equal(7, _rig.Cluster.Count(ApiVerb.CreateEvent));
        Assert.Contains(_log.Lines, line => line.StartsWith("Error EventsForbidden", StringComparison.Ordinal) && line.Contains("docs/cluster.md#rights", StringComparison.Ordinal));
        Assert.Equal(0, _dropped);
    }

    [Fact]
    public async Task What_the_server_will_never_take_does_not_keep_the_others_waiting()
    {
        _rig.Cluster.Script.Next(
            ApiVerb.CreateEvent,
            Faults.Status(403, "Forbidden", "events \"x\" is forbidden: unable to create new content in namespace shop because it is being terminated"),
            Faults.Status(404, "NotFound", "namespaces \"shop\" not found"),
            Faults.Status(422, "Invalid", "Event is invalid"));
        await BeginAsync();
        foreach (var pod in (string[])["a", "b", "c", "d"])
        {
            _queue.Add(Happened.To(pod));
        }

        await Arrived(1);
        Assert.Equal("d", _rig.Cluster.Events.All[0]["regarding"]!["name"]!.ToString());
        Assert.Equal(3, _dropped);
        Assert.Equal(3, _log.Lines.Count(line => line.StartsWith("Error EventRefused", StringComparison.Ordinal)));
        Assert.Empty(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public async Task An_Event_that_is_answered_with_an_error_for_ever_does_not_keep_the_others_waiting()
    {
        _rig.Cluster.Script.Always(ApiVerb.CreateEvent, Unless("bad", 500, "InternalError", "the webhook of shop does not answer"));
        _queue = new EventQueue(new EventFormat("node-1"), new EventSpool(null), TimeProvider.System, () => _dropped++);
        await BeginAsync();
        foreach (var pod in (string[])["bad", "a", "b"])
        {
            _queue.Add(Happened.To(pod));
        }

        await Soon.Until(() => _rig.Cluster.Events.All.Count == 2 && _queue.Waiting == 1);
        _rig.Cluster.Script.End(ApiVerb.CreateEvent);
        await Arrived(3);
        Assert.Equal(0, _dropped);
    }

    [Fact]
    public async Task Pods_and_marks_go_on_however_often_Events_fail()
    {
        _rig.Cluster.Script.Always(ApiVerb.CreateEvent, Faults.Status(500, "InternalError", "the webhook does not answer"));
        _queue = new EventQueue(new EventFormat("node-1"), new EventSpool(null), TimeProvider.System, () => _dropped++);
        await BeginAsync();
        _queue.Add(Happened.To("a"));
        await Soon.Until(() => _rig.Cluster.Count(ApiVerb.CreateEvent) >= 5);
        await Task.Delay(100, TestContext.Current.CancellationToken);
        await _rig.Client().ReadPodsAsync("api/v1/pods", _ => { }, TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData("admission webhook \"x.shop\" denied the request: User \"x\" cannot create resource \"events\" in API group \"events.k8s.io\"")]
    [InlineData("events.events.k8s.io \"x\" is forbidden: ValidatingAdmissionPolicy 'x' denied request: one cannot create such a thing")]
    public async Task What_admission_says_is_final_whatever_words_it_uses(string message)
    {
        _rig.Cluster.Script.Next(ApiVerb.CreateEvent, Faults.Status(403, "Forbidden", message));
        await BeginAsync();
        _queue.Add(Happened.To("a"));
        await Soon.Until(() => _dropped == 1 && _queue.Waiting == 0);
    }

    [Fact]
    public async Task A_change_of_an_Event_that_has_expired_makes_a_new_one()
    {
        await BeginAsync();
        _queue.Add(Happened.To("web"));
        await Arrived(1);
        _rig.Cluster.Events.Expire();
        _time.Advance(TimeSpan.FromSeconds(40));
        _queue.Add(Happened.To("web", secondsLater: 40));

        await Arrived(1);
        Assert.Equal(2, _rig.Cluster.Events.All[0]["series"]!["count"]!.GetValue<int>());
        Assert.Equal((1, 2, 0), (_rig.Cluster.Count(ApiVerb.PatchEvent), _rig.Cluster.Count(ApiVerb.CreateEvent), _dropped));
        Assert.Empty(Directory.GetFiles(_folder.Path));
    }

    [Fact]
    public async Task A_conflict_of_a_change_is_tried_again()
    {
        await BeginAsync();
        _queue.Add(Happened.To("web"));
        await Arrived(1);
        _rig.Cluster.Script.Next(ApiVerb.PatchEvent, Faults.Status(409, "Conflict", "the object has been modified"));
        _time.Advance(TimeSpan.FromSeconds(40));
        _queue.Add(Happened.To("web", secondsLater: 40));

        await Soon.Until(() =>
        {
            _time.Advance(TimeSpan.FromMilliseconds(100));
            return _rig.Cluster.Events.All is [{ } written] && written["series"]?["count"]?.GetValue<int>() == 2;
        });
        Assert.Equal(2, _rig.Cluster.Count(ApiVerb.PatchEvent));
    }

    // What is said of one Pod's Event; the others are taken.
    private Fault Unless(string pod, int code, string reason, string message) => async context =>
    {
        var body = (await JsonNode.ParseAsync(context.Request.Body))!.AsObject();
        if (body["regarding"]!["name"]!.ToString() == pod)
        {
            await Answers.StatusAsync(context, code, reason, message);
            return;
        }

        _rig.Cluster.Events.Create("shop", body);
        await Answers.JsonAsync(context, 201, body.ToJsonString());
    };

    private EventQueue Queue() => new(new EventFormat("node-1"), new EventSpool(_folder.Path), _time, () => _dropped++);

    private Task BeginAsync()
    {
        _sender = new EventSender(_queue, _rig.Client(), ApiRig.Impatient, _log);
        return _sender.StartAsync(TestContext.Current.CancellationToken);
    }

    private async Task EndAsync()
    {
        if (_sender is not null)
        {
            await _sender.StopAsync(CancellationToken.None);
            _sender.Dispose();
            _sender = null;
        }
    }

    private Task Arrived(int count) => Soon.Until(() => _rig.Cluster.Events.All.Count == count && _queue.Waiting == 0);
}
