extern alias oracle;

using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CsCheck;
using NodeReaper.Agent.Kubernetes.Events;
using NodeReaper.TestApiServer;
using oracle::k8s;
using oracle::k8s.Models;

namespace NodeReaper.Agent.Tests.Kubernetes.Events;

/// <summary>Events as the API server and other clients read them.</summary>
public sealed class EventFormatTests
{
    [Fact]
    public void The_full_model_reads_every_field()
    {
        var time = Happened.Time.AddMicroseconds(123456);
        var written = new EventFormat("node-1").Make(Happened.To("web") with { Time = time });
        var json = JsonSerializer.Serialize(written with { Series = new EventSeries(2, EventFormat.MicroTime(time)) }, EventJson.Default.EventObject);

        var read = KubernetesJson.Deserialize<Eventsv1Event>(json);

        Assert.Equal(("events.k8s.io/v1", "Event"), (read.ApiVersion, read.Kind));
        Assert.Equal(("shop", written.Metadata.Name), (read.Metadata.NamespaceProperty, read.Metadata.Name));
        Assert.Equal(("Reaped", "Kill", "Warning"), (read.Reason, read.Action, read.Type));
        Assert.Equal(("nodereaper", "nodereaper-node-1"), (read.ReportingController, read.ReportingInstance));
        Assert.Equal("killed shop/web[app]", read.Note);
        Assert.Equal(time.UtcDateTime, read.EventTime);
        Assert.Equal(
            ("v1", "Pod", "shop", "web", "uid-web", "spec.containers{app}"),
            (read.Regarding.ApiVersion, read.Regarding.Kind, read.Regarding.NamespaceProperty, read.Regarding.Name, read.Regarding.Uid, read.Regarding.FieldPath));
        Assert.Equal(("Node", null, "node-1", "node-1"), (read.Related.Kind, read.Related.NamespaceProperty, read.Related.Name, read.Related.Uid));
        Assert.Equal((2, time.UtcDateTime), (read.Series.Count, read.Series.LastObservedTime));
        Assert.Equal(json, KubernetesJson.Serialize(read), JsonEquality.Instance);
    }

    [Fact]
    public void An_Event_on_a_node_is_in_the_default_namespace()
    {
        var written = new EventFormat("node-1").Make(Happened.To("web") with
        {
            Regarding = ObjectReference.OfNode("node-1"),
            Related = ObjectReference.OfPod("shop", "web", "uid-web"),
        });
        Assert.Equal("default", written.Metadata.Namespace);
        Assert.Empty(Violations(written));
    }

    [Fact]
    public void Whatever_is_told_passes_the_API_servers_validation() =>
        Gen.Select(Gen.String[Gen.Char["aä€😀\"\\\n\u0001 "], 0, 3000], Gen.String[Gen.Char['a', 'z'], 1, 253], Gen.DateTimeOffset).Sample(
            (note, node, time) =>
            {
                var written = new EventFormat(node).Make(Happened.To("web") with { Note = note, Time = time.AddYears(2) });
                Assert.Empty(Violations(written));
                Assert.True(Encoding.UTF8.GetByteCount(note) > 1024 ? written.Note.EndsWith("...", StringComparison.Ordinal) : written.Note == note);
            },
            iter: 500);

    [Fact]
    public void No_two_names_are_the_same()
    {
        var format = new EventFormat("node-1");
        Assert.Equal(1000, Enumerable.Range(0, 1000).Select(_ => format.Make(Happened.To("web")).Metadata.Name).Distinct().Count());
    }

    [Fact]
    public void The_test_servers_validation_finds_what_the_API_server_would()
    {
        var good = new EventFormat("node-1").Make(Happened.To("web"));
        Assert.Empty(Violations(good));
        Assert.NotEmpty(Violations(good with { Note = new string('x', 1025) }));
        Assert.NotEmpty(Violations(good with { Reason = "" }));
        Assert.NotEmpty(Violations(good with { Action = "" }));
        Assert.NotEmpty(Violations(good with { Type = "Error" }));
        Assert.NotEmpty(Violations(good with { EventTime = "2026-07-01T10:00:00Z" }));
        Assert.NotEmpty(Violations(good with { ReportingController = "node reaper" }));
        Assert.NotEmpty(Violations(good with { ReportingInstance = new string('x', 129) }));
        Assert.NotEmpty(Violations(good with { Series = new EventSeries(1, good.EventTime) }));
        Assert.NotEmpty(Violations(good with { Metadata = new EventMetadata("Not.A.Name!", "shop") }));
        Assert.NotEmpty(Violations(good with { Metadata = new EventMetadata("a", "elsewhere"), Regarding = ObjectReference.OfNode("n") }));
    }

    private static List<string> Violations(EventObject written) => EventRules.Violations(
        written.Metadata.Namespace, JsonNode.Parse(JsonSerializer.Serialize(written, EventJson.Default.EventObject))!.AsObject());

    private sealed class JsonEquality : IEqualityComparer<string>
    {
        internal static readonly JsonEquality Instance = new();

        public bool Equals(string? x, string? y) => JsonNode.DeepEquals(JsonNode.Parse(x!), JsonNode.Parse(y!));

        public int GetHashCode(string obj) => 0;
    }
}
