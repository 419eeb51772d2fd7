extern alias oracle;

using System.Text.Json.Nodes;
using NodeReaper.Agent.Kubernetes.Api;
using NodeReaper.Agent.Kubernetes.Eviction;
using NodeReaper.Agent.Kubernetes.Nodes;
using NodeReaper.Agent.Options;
using NodeReaper.Engine.Candidates;
using NodeReaper.TestApiServer;
using oracle::k8s;
using oracle::k8s.Models;

namespace NodeReaper.Agent.Tests.Kubernetes.Api;

/// <summary>What the agent writes, read by the models of the full Kubernetes client: every field is one that the API has.</summary>
public sealed class WrittenModelTests : IAsyncLifetime
{
    private const string Created = """{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Success","code":201}""";
    private static readonly DateTimeOffset s_now = new(2026, 7, 1, 10, 0, 0, TimeSpan.Zero);
    private ApiRig _rig = null!;

    public async ValueTask InitializeAsync() => _rig = await ApiRig.StartAsync();

    public ValueTask DisposeAsync() => _rig.DisposeAsync();

    [Fact]
    public async Task An_eviction()
    {
        var written = Capture(ApiVerb.Evict, Created);
        using var evictor = new Evictor(
            _rig.Client(), ApiRig.Impatient, new PendingEvictions(null), () => false, null, TimeProvider.System, _ => { }, new RecordingLogger<Evictor>());
        evictor.Begin(new PodFacts("uid-web", "shop", "web", QosClass.Burstable, 0, null, default, []), "x");

        var (model, body) = Read<V1Eviction>(await written);
        await evictor.StopAsync(CancellationToken.None);
        Assert.Equal(("policy/v1", "Eviction", "shop", "web"), (model.ApiVersion, model.Kind, model.Metadata.NamespaceProperty, model.Metadata.Name));
        Assert.Equal("uid-web", model.DeleteOptions.Preconditions.Uid);
        AssertNothingIsLost(model, body);
    }

    [Fact]
    public async Task A_taint_and_what_others_have_there()
    {
        var other = new V1Taint { Key = "other", Effect = "NoExecute", Value = "x", TimeAdded = s_now.UtcDateTime };
        AnswerWith(new V1Node
        {
            Metadata = new V1ObjectMeta { Name = "node-1", ResourceVersion = "17" },
            Spec = new V1NodeSpec { Taints = [other], PodCIDR = "10.0.0.0/24" },
        });
        var written = Capture(ApiVerb.PatchNode, "{}");
        await Marks(new NodeOptions { Taint = true }).MarkAsync("why", s_now, () => { }, TestContext.Current.CancellationToken);

        var (model, body) = Read<V1Node>(await written);
        Assert.Equal("17", model.Metadata.ResourceVersion);
        Assert.Equal(
            [("other", "x", "NoExecute", (DateTime?)s_now.UtcDateTime), (NodeMarks.TaintKey, "", "NoSchedule", null)],
            model.Spec.Taints.Select(taint => (taint.Key, taint.Value ?? "", taint.Effect, taint.TimeAdded)));
        AssertNothingIsLost(model, body);
    }

    [Fact]
    public async Task A_condition()
    {
        AnswerWith(new V1Node { Metadata = new V1ObjectMeta { Name = "node-1", ResourceVersion = "17" } });
        var written = Capture(ApiVerb.PatchNodeStatus, "{}");
        await Marks(new NodeOptions { Condition = true }).MarkAsync("why", s_now, () => { }, TestContext.Current.CancellationToken);

        var (model, _) = Read<V1Node>(await written);
        var condition = Assert.Single(model.Status.Conditions);
        Assert.Equal(
            (NodeMarks.ConditionType, "True", "SustainedMemoryPressure", "why", (DateTime?)s_now.UtcDateTime, (DateTime?)s_now.UtcDateTime),
            (condition.Type, condition.Status, condition.Reason, condition.Message, condition.LastHeartbeatTime, condition.LastTransitionTime));
    }

    [Fact]
    public async Task A_question_for_a_right()
    {
        var written = Capture(ApiVerb.ReviewAccess, KubernetesJson.Serialize(new V1SelfSubjectAccessReview
        {
            ApiVersion = "authorization.k8s.io/v1",
            Kind = "SelfSubjectAccessReview",
            Status = new V1SubjectAccessReviewStatus { Allowed = true, Reason = "RBAC: allowed" },
        }));
        var options = new AgentOptions { Events = new EventOptions { Send = false }, AfterKill = new AfterKillOptions { Evict = true } };
        var checks = await ClusterChecks.AllAsync(_rig.Access, options, knowsPods: false, ApiRig.Impatient, TestContext.Current.CancellationToken);
        Assert.Contains(checks, check => check.Name == "evict Pods" && check.Detail == "granted");

        var (model, body) = Read<V1SelfSubjectAccessReview>(await written);
        var asked = model.Spec.ResourceAttributes;
        Assert.Equal(("create", "", "pods", "eviction"), (asked.Verb, asked.Group, asked.Resource, asked.Subresource));
        AssertNothingIsLost(model, body);
    }

    private NodeMarks Marks(NodeOptions options) => new(_rig.Client(), "node-1", options);

    private void AnswerWith(V1Node node) => _rig.Cluster.Script.Always(ApiVerb.GetNode, Faults.Body(200, KubernetesJson.Serialize(node)));

    private Task<string> Capture(ApiVerb verb, string answer)
    {
        var body = new TaskCompletionSource<string>();
        _rig.Cluster.Script.Next(verb, async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            body.TrySetResult(await reader.ReadToEndAsync());
            await Answers.JsonAsync(context, 201, answer);
        });
        return body.Task;
    }

    private static (T Model, string Body) Read<T>(string body) => (KubernetesJson.Deserialize<T>(body), body);

    // A field that the model does not know is not there when it writes again.
    private static void AssertNothingIsLost<T>(T model, string body) =>
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(KubernetesJson.Serialize(model)), JsonNode.Parse(body)), $"{KubernetesJson.Serialize(model)}\n{body}");
}
