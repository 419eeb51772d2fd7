using NodeReaper.Agent.Kubernetes.Api;
using NodeReaper.Agent.Kubernetes.Events;
using NodeReaper.Agent.Tests.Reporting;
using NodeReaper.Engine.Candidates;
using NodeReaper.Engine.Reporting;

namespace NodeReaper.Agent.Tests.Kubernetes.Events;

public sealed class EventSinkTests
{
    private readonly EventQueue _queue = new(new EventFormat("node-1"), new EventSpool(null), TimeProvider.System, () => { });

    [Fact]
    public async Task A_kill_is_told_on_the_Pod_and_on_the_node()
    {
        Sink().Write(Reports.Of(ReportKind.Killed));

        var (onPod, onNode) = (await NextAsync(), await NextAsync());
        Assert.Equal(("Reaped", "Kill", "Warning", "shop"), (onPod.Reason, onPod.Action, onPod.Type, onPod.Metadata.Namespace));
        Assert.Equal(ObjectReference.OfPod("shop", "web", "uid-web", "spec.containers{app}"), onPod.Regarding);
        Assert.Equal(ObjectReference.OfNode("node-1"), onPod.Related);
        Assert.StartsWith("killed shop/web[app] (available: ", onPod.Note, StringComparison.Ordinal);
        Assert.Equal(("MemoryReaped", "Warning", "default"), (onNode.Reason, onNode.Type, onNode.Metadata.Namespace));
        Assert.Equal((onPod.Related, onPod.Regarding), (onNode.Regarding, onNode.Related));
    }

    [Fact]
    public async Task A_kill_that_gave_too_little_back_is_told_as_that()
    {
        Sink().Write(Reports.Of(ReportKind.Killed, freedAt: 0));
        Assert.Equal("ReapIncomplete", (await NextAsync()).Reason);
    }

    [Theory]
    [InlineData(ReportKind.DryRun, "ReapDryRun", "Normal", "Pod")]
    [InlineData(ReportKind.KernelOom, "KernelOomBeatReaper", "Warning", "Node")]
    [InlineData(ReportKind.NoVictim, "ReaperDegraded", "Warning", "Node")]
    [InlineData(ReportKind.Capped, "ReaperDegraded", "Warning", "Node")]
    public async Task Other_reports_are_told_where_they_belong(ReportKind kind, string reason, string type, string on)
    {
        Sink().Write(Reports.Of(kind));
        var written = await NextAsync();
        Assert.Equal((reason, type, on, 0), (written.Reason, written.Type, written.Regarding.Kind, _queue.Waiting));
    }

    [Theory]
    [InlineData(ReportKind.Refused)]
    [InlineData(ReportKind.Drained)]
    [InlineData(ReportKind.Observed)]
    [InlineData(ReportKind.Throttled)]
    public void The_rest_is_for_the_log(ReportKind kind)
    {
        Sink().Write(Reports.Of(kind));
        Assert.Equal(0, _queue.Waiting);
    }

    [Fact]
    public void Of_a_Pod_that_is_not_known_and_on_a_node_without_a_name_nothing_can_be_said()
    {
        var report = Reports.Of(ReportKind.Killed);
        report.KeepContainer(new ReportedCandidate { Facts = new Candidate { Cgroup = null! } });
        new EventSink(_queue, null).Write(report);
        Assert.Equal(0, _queue.Waiting);
    }

    [Fact]
    public async Task A_sidecar_is_an_init_container()
    {
        var report = Reports.Of(ReportKind.DryRun);
        var sidecar = Reports.Victim("shop", "web");
        sidecar.Facts.Container = sidecar.Facts.Container! with { IsSidecar = true };
        report.KeepContainer(sidecar);
        Sink().Write(report);
        Assert.Equal("spec.initContainers{app}", (await NextAsync()).Regarding.FieldPath);
    }

    [Fact]
    public async Task What_the_owner_can_mend_is_told_and_what_only_we_can_see_is_not()
    {
        Sink().Tell(new PodProblem("shop", "web", "uid-web", "Pod shop/web: annotation x is ignored", IsOfOwner: true));
        Sink().Tell(new PodProblem("shop", "liar", "uid-web", "Pod shop/liar has the UID of another", IsOfOwner: false));

        var written = await NextAsync();
        Assert.Equal(("InvalidAnnotation", "Warning", "web"), (written.Reason, written.Type, written.Regarding.Name));
        Assert.Equal(0, _queue.Waiting);
    }

    [Fact]
    public async Task Each_thing_that_is_wrong_with_a_Pod_is_told()
    {
        Sink().Tell(new PodProblem("shop", "web", "uid-web", "Pod shop/web: annotation x is ignored", IsOfOwner: true));
        Sink().Tell(new PodProblem("shop", "web", "uid-web", "Pod shop/web: annotation y is ignored", IsOfOwner: true));
        Sink().Tell(new PodProblem("shop", "web", "uid-web", "Pod shop/web: annotation y is ignored", IsOfOwner: true));
        Assert.Equal(2, _queue.Waiting);
        Assert.EndsWith("x is ignored", (await NextAsync()).Note, StringComparison.Ordinal);
        Assert.EndsWith("y is ignored", (await NextAsync()).Note, StringComparison.Ordinal);
    }

    [Fact]
    public async Task That_nobody_may_be_killed_and_that_no_more_may_be_killed_are_two_things()
    {
        Sink().Write(Reports.Of(ReportKind.NoVictim));
        Sink().Write(Reports.Of(ReportKind.Capped));
        Assert.NotEqual((await NextAsync()).Note, (await NextAsync()).Note);
    }

    private EventSink Sink() => new(_queue, "node-1");

    private async Task<EventObject> NextAsync()
    {
        var entry = await _queue.NextAsync(TestContext.Current.CancellationToken);
        var now = _queue.Now(entry);
        _queue.Delivered(entry, now);
        return now.Event;
    }
}
