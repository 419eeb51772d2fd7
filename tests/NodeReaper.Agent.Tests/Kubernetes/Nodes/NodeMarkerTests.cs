using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using NodeReaper.Agent.Kubernetes.Events;
using NodeReaper.Agent.Kubernetes.Nodes;
using NodeReaper.Agent.Options;
using NodeReaper.Agent.Tests.Kubernetes.Api;
using NodeReaper.Agent.Tests.Kubernetes.Events;
using NodeReaper.TestApiServer;

namespace NodeReaper.Agent.Tests.Kubernetes.Nodes;

public sealed class NodeMarkerTests : IAsyncLifetime
{
    private static readonly NodeOptions s_both = new()
    {
        Condition = true,
        Taint = true,
        MarkAfter = TimeSpan.Zero,
        UnmarkAfter = TimeSpan.FromSeconds(2),
    };

    private readonly RecordingLogger<NodeMarker> _log = new();
    private readonly ConcurrentQueue<ClusterEvent> _told = [];
    private readonly TemporaryFolder _folder = new();
    private TimeProvider _time = TimeProvider.System;
    private ApiRig _rig = null!;
    private NodeMarker? _marker;
    private volatile bool _isShort;
    private volatile bool _isDryRun;

    public async ValueTask InitializeAsync() => _rig = await ApiRig.StartAsync();

    public async ValueTask DisposeAsync()
    {
        if (_marker is not null)
        {
            await StopAsync();
        }

        await _rig.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Both_marks_come_with_the_pressure_and_go_with_it_and_what_others_wrote_stays()
    {
        _rig.Cluster.Nodes.AddTaint(new JsonObject { ["key"] = "other", ["effect"] = "NoExecute", ["timeAdded"] = "2026-07-01T10:00:00Z", ["new"] = new JsonObject { ["x"] = 1 } });
        var before = _rig.Cluster.Nodes.Node["spec"]!.ToJsonString();
        await StartAsync(s_both);
        _isShort = true;
        await IsMarked();
        var taint = _rig.Cluster.Nodes.Node["spec"]!["taints"]![1]!;
        Assert.Equal(("nodereaper.io/memory-pressure", "NoSchedule"), (taint["key"]!.ToString(), taint["effect"]!.ToString()));
        var condition = _rig.Cluster.Nodes.Node["status"]!["conditions"]![1]!;
        Assert.Equal(
            ("NodeReaperMemoryPressure", "True", "SustainedMemoryPressure"),
            (condition["type"]!.ToString(), condition["status"]!.ToString(), condition["reason"]!.ToString()));
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$", condition["lastTransitionTime"]!.ToString());

        _isShort = false;
        await IsUnmarked();
        Assert.Equal(before, _rig.Cluster.Nodes.Node["spec"]!.ToJsonString());
        await Soon.Until(() => _log.Lines.Any(line => line == "Information NodeUnmarked the Node is no longer marked"));
        Assert.Single(_log.Lines, line => line.StartsWith("Warning NodeMarked", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Only_what_the_policy_wants_is_written(bool taint)
    {
        await StartAsync(s_both with { Taint = taint, Condition = !taint });
        _isShort = true;
        await Soon.Until(() => HasTaint() || HasCondition());
        await Soon.Until(() => _log.Lines.Any(line => line.StartsWith("Warning NodeMarked", StringComparison.Ordinal)));
        Assert.Equal((taint, !taint), (HasTaint(), HasCondition()));
    }

    [Fact]
    public async Task A_taint_that_another_writes_at_the_same_time_is_not_lost()
    {
        _rig.Cluster.Script.Next(ApiVerb.PatchNode, async context =>
        {
            _rig.Cluster.Nodes.AddTaint(new JsonObject { ["key"] = "meanwhile", ["effect"] = "NoSchedule" });
            await Answers.StatusAsync(context, 409, "Conflict", "the object has been modified");
        });
        await StartAsync(s_both);
        _isShort = true;
        await IsMarked();
        Assert.Contains("meanwhile", _rig.Cluster.Nodes.Taints);
        Assert.DoesNotContain(_log.Lines, line => line.Contains("Forbidden", StringComparison.Ordinal) || line.Contains("Wait", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_end_of_the_agent_takes_them_away()
    {
        await StartAsync(s_both);
        _isShort = true;
        await IsMarked();
        await StopAsync();
        Assert.False(HasTaint() || HasCondition());
    }

    [Fact]
    public async Task The_end_of_the_agent_does_not_wait_for_a_server_that_is_silent()
    {
        await StartAsync(s_both);
        _isShort = true;
        await IsMarked();
        _rig.Cluster.Script.Always(ApiVerb.GetNode, Faults.Hang);
        await StopAsync().WaitAsync(TimeSpan.FromSeconds(8), TestContext.Current.CancellationToken);
        Assert.Contains(_log.Lines, line => line.StartsWith("Warning NodeStaysMarked", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_an_agent_left_that_was_killed_is_taken_away_at_the_next_start_also_without_the_feature(bool marks)
    {
        Leave();
        await StartAsync(marks ? s_both : new NodeOptions());
        await IsUnmarked();
        await Soon.Until(() => _log.Lines.Any(line => line.EndsWith("which an agent before this one had left", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Without_the_feature_and_a_mark_nobody_is_asked()
    {
        await StartAsync(new NodeOptions());
        await Soon.Until(() => _marker!.ExecuteTask!.IsCompleted);
        Assert.Equal(0, _rig.Cluster.Count(ApiVerb.GetNode));
        Assert.Empty(_log.Lines);
    }

    [Fact]
    public async Task That_the_Node_is_marked_is_known_from_before_it_is_until_it_is_not()
    {
        var wasKnown = false;
        _rig.Cluster.Script.Next(ApiVerb.PatchNode, context =>
        {
            wasKnown = Note().IsWritten;
            return Answers.StatusAsync(context, 500, "InternalError", "x");
        });
        await StartAsync(s_both);
        _isShort = true;
        await IsMarked();
        Assert.True(wasKnown);
        Assert.True(Note().IsWritten);

        _isShort = false;
        await IsUnmarked();
        await Soon.Until(() => !Note().IsWritten);
    }

    [Fact]
    public async Task What_an_agent_before_this_one_left_and_is_still_wanted_goes_with_this_one()
    {
        Leave();
        _isShort = true;
        await StartAsync(s_both);
        await Soon.Until(() => _rig.Cluster.Count(ApiVerb.GetNode) > 0);
        await Task.Delay(300, TestContext.Current.CancellationToken);
        Assert.True(HasTaint() && HasCondition());
        await StopAsync();
        Assert.False(HasTaint() || HasCondition() || Note().IsWritten);
    }

    [Theory]
    [InlineData("get nodes")]
    [InlineData("patch nodes")]
    public async Task A_mark_that_may_not_be_taken_away_is_told_with_what_to_do_and_tried_again(string denied)
    {
        Leave();
        _rig.Cluster.Denied.Add(denied);
        await StartAsync(new NodeOptions());
        await Soon.Until(() => _rig.Cluster.Count(ApiVerb.GetNode) > 2);
        var told = Assert.Single(_log.Lines, line => line.StartsWith("Error NodeUnmarkForbidden", StringComparison.Ordinal));
        Assert.EndsWith("kubectl taint nodes node-1 nodereaper.io/memory-pressure-", told, StringComparison.Ordinal);
        var happened = Assert.Single(_told);
        Assert.Equal(("ReaperDegraded", "UnmarkNode", "node-1"), (happened.Reason, happened.Action, happened.Regarding.Name));

        _rig.Cluster.Denied.Clear();
        await IsUnmarked();
        await Soon.Until(() => !Note().IsWritten);
    }

    [Fact]
    public async Task A_mark_that_somebody_took_away_comes_again_while_the_pressure_lasts()
    {
        var time = new ShiftedTime();
        _time = time;
        await StartAsync(s_both with { UnmarkAfter = TimeSpan.FromHours(1) });
        _isShort = true;
        await Soon.Until(() =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return HasTaint() && HasCondition();
        });
        _rig.Cluster.Nodes.RemoveTaints();
        time.Advance(TimeSpan.FromMinutes(4));
        await Task.Delay(200, TestContext.Current.CancellationToken);
        await Soon.Until(() =>
        {
            time.Advance(TimeSpan.FromSeconds(10));
            return HasTaint();
        });
    }

    [Theory]
    [InlineData("get nodes", false)]
    [InlineData("patch nodes", true)]
    public async Task A_right_that_is_missing_is_told_once_and_costs_only_what_it_is_for(string denied, bool hasCondition)
    {
        _rig.Cluster.Denied.Add(denied);
        await StartAsync(s_both);
        _isShort = true;
        await Soon.Until(() => _rig.Cluster.Count(ApiVerb.GetNode) > 2);
        var told = Assert.Single(_log.Lines, line => line.StartsWith("Error NodeMarksForbidden", StringComparison.Ordinal));
        Assert.Contains("docs/cluster.md#rights", told, StringComparison.Ordinal);
        Assert.Equal((false, hasCondition), (HasTaint(), HasCondition()));

        _rig.Cluster.Denied.Clear();
        await IsMarked();
    }

    [Fact]
    public async Task A_server_that_is_away_is_waited_for_and_what_is_over_by_then_is_not_written()
    {
        await StartAsync(s_both);
        await Soon.Until(() => _rig.Cluster.Count(ApiVerb.GetNode) > 0);
        await _rig.StopServerAsync();
        _isShort = true;
        await Soon.Until(() => _log.Lines.Any(line => line.StartsWith("Warning NodeMarksWait", StringComparison.Ordinal)));
        await _rig.StartServerAsync();
        await IsMarked();
    }

    [Fact]
    public async Task A_dry_run_marks_nothing()
    {
        _isDryRun = true;
        await StartAsync(s_both);
        _isShort = true;
        await Task.Delay(1500, TestContext.Current.CancellationToken);
        Assert.False(HasTaint() || HasCondition());
        _isDryRun = false;
        await IsMarked();
    }

    private Task StartAsync(NodeOptions options)
    {
        var pressure = new SustainedPressure(options.MarkAfter, options.UnmarkAfter, TimeProvider.System);
        _marker = new NodeMarker(
            _rig.Client(), "node-1", options, Note(), ApiRig.Impatient, pressure, () => _isShort, () => _isDryRun, _told.Enqueue, _time, _log);
        return _marker.StartAsync(CancellationToken.None);
    }

    private async Task StopAsync()
    {
        await _marker!.StopAsync(CancellationToken.None);
        _marker.Dispose();
        _marker = null;
    }

    private MarkNote Note() => MarkNote.Beside(_folder.PathOf("kills.json"), "node-1");

    private void Leave()
    {
        Assert.Null(Note().Write());
        _rig.Cluster.Nodes.AddTaint(new JsonObject { ["key"] = NodeMarks.TaintKey, ["effect"] = "NoSchedule" });
        _rig.Cluster.Nodes.AddCondition(NodeMarks.ConditionType);
    }

    private bool HasTaint() => _rig.Cluster.Nodes.Taints.Contains(NodeMarks.TaintKey);

    private bool HasCondition() => _rig.Cluster.Nodes.Conditions.Contains(NodeMarks.ConditionType);

    private Task IsMarked() => Soon.Until(() => HasTaint() && HasCondition());

    private Task IsUnmarked() => Soon.Until(() => !HasTaint() && !HasCondition());
}
